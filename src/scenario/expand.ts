import type { PlatformFacts } from '../platform/platform.ts';
import { componentChoices } from './fault-schema.ts';
import { isPick, pickOne, type RandomPick } from './picks.ts';
import type { PlannedFault } from './plan.ts';
import type { Path } from './problem.ts';
import type { Registries, Scenario } from './schema.ts';

type Entry = Scenario['timeline'][number];

/** One fault that an entry of the timeline comes to. */
interface Occurrence {
  /** Which entry, from 0, and which of its repetitions, from 0. */
  readonly entry: number;
  readonly repetition: number;
  readonly id: string;
  readonly at_us: number;
}

/**
 * The faults of a timeline, entry by entry. An entry's own id stands for one fault, or with `-1`, `-2`, … for its repetitions; without one each is
 * its type and a number, counted through the timeline.
 */
export function occurrences(timeline: readonly Entry[]): readonly Occurrence[] {
  const counts = new Map<string, number>();
  return timeline.flatMap(({ id, at, fault, repeat }, entry) =>
    Array.from({ length: repeat?.times ?? 1 }, (_, repetition): Occurrence => {
      const number = (counts.get(fault.type) ?? 0) + (id === undefined ? 1 : 0);
      counts.set(fault.type, number);
      const own = repeat === undefined ? id : `${id}-${repetition + 1}`;
      return {
        entry,
        repetition,
        id: id === undefined ? `${fault.type}-${number}` : (own as string),
        at_us: at + repetition * (repeat?.every ?? 0),
      };
    }),
  );
}

/** The ids that `not` may name for the entries above `entry`: of each fault, and of an entry all of whose repetitions are meant. */
export function idsAbove(timeline: readonly Entry[], entry: number): readonly string[] {
  const faults = occurrences(timeline).filter((one) => one.entry < entry);
  return [...new Set([...faults.map(({ id }) => id), ...timeline.slice(0, entry).flatMap(({ id }) => id ?? [])])];
}

/** Whether anything of a timeline is left to the seed. */
export function picksAnything(timeline: readonly Entry[]): boolean {
  return timeline.some(({ fault }) => isPick(fault.site) || Object.values(fault.params).some(isPick));
}

/** What an expansion could not do, and where. */
interface Misfit {
  readonly path: Path;
  readonly text: string;
}

interface Expanded {
  readonly timeline: PlannedFault[];
  readonly misfits: readonly Misfit[];
}

/**
 * The timeline as it will be: repetitions written out, in the order of time, and every pick made. The same seed makes the same faults. A misfit
 * is a pick that with some seed would find nothing left to pick from: it is one with every seed.
 */
export function expandTimeline(
  { timeline }: Pick<Scenario, 'timeline'>,
  platform: Pick<PlatformFacts, 'sites'>,
  { faults }: Pick<Registries, 'faults'>,
  seed: number,
): Expanded {
  const misfits: Misfit[] = [];
  const made: (PlannedFault & { readonly of: Occurrence })[] = [];
  const all = occurrences(timeline);
  for (const one of all) {
    const { for: held, fault, repeat } = timeline[one.entry] as Entry;
    const path: Path = ['timeline', one.entry, 'fault'];
    const earlier = made.filter(({ of }) => of.entry === one.entry);
    const pickedAmong: Record<string, string[]> = {};
    /** Of a pick that is made once, the first repetition's. */
    const source = repeat?.pick === 'once' && one.repetition > 0 ? (earlier[0]?.id ?? one.id) : one.id;
    const choose = (field: string, candidates: readonly string[], taken: readonly Taken[] = []): string => {
      const gone = new Set(taken.map(({ site }) => site));
      const free = candidates.filter((candidate) => !gone.has(candidate));
      pickedAmong[field] = [...free];
      const most = mostTaken(candidates, taken);
      const known = misfits.some((misfit) => misfit.path[1] === one.entry && misfit.path.at(-1) === field);
      if (most >= candidates.length && !known)
        misfits.push({ path: [...path, field], text: nothingLeft(one.id, candidates, most) });
      return pickOne(seed, source, field, free) ?? '';
    };

    const site = isPick(fault.site)
      ? choose('site', siteCandidates(fault, platform), [
          ...takenBy(fault.site, made, timeline),
          ...(repeat?.pick === 'distinct' ? earlier.map(({ site }) => ({ site, drawn: true })) : []),
        ])
      : fault.site;
    const params: Record<string, unknown> = { ...fault.params };
    if (isPick(params.component))
      params.component = choose('component', componentCandidates(fault, site, platform, faults));
    if (isPick(params.from)) {
      const { pick } = params.from;
      const named = pick === 'any' ? platform.sites.map(({ name }) => name) : pick;
      params.from = [
        choose(
          'from',
          named.filter((name) => name !== site),
        ),
      ];
    }
    const last = one.repetition === (repeat?.times ?? 1) - 1;
    made.push({
      of: one,
      id: one.id,
      type: fault.type,
      site,
      disaster: all.length === 1 || (fault.disaster === true && last),
      at_us: one.at_us,
      for_us: held,
      params: params as PlannedFault['params'],
      ...(faults.get(fault.type)?.restarts && { restarts: true as const }),
      ...(Object.keys(pickedAmong).length > 0 && { pickedAmong }),
    });
  }
  const ordered = made.toSorted((a, b) => a.at_us - b.at_us);
  return {
    timeline: ordered.map(({ of, ...fault }, index) => ({ ...fault, ...(of.entry !== index && { entry: of.entry }) })),
    misfits,
  };
}

/** A site that is left out of a pick; `drawn`: by a pick, so that with another seed it is another one. */
interface Taken {
  readonly site: string;
  readonly drawn: boolean;
}

/** The sites of the faults that a pick's `not` names. */
function takenBy(
  { not = [] }: RandomPick,
  made: readonly (PlannedFault & { readonly of: Occurrence })[],
  timeline: readonly Entry[],
): readonly Taken[] {
  const named = made.filter(({ id, of }) => not.includes(id) || not.includes(timeline[of.entry]?.id ?? ''));
  // Of a pick that is made once the repetitions are one.
  const counted = named.filter(({ of }) => of.repetition === 0 || timeline[of.entry]?.repeat?.pick !== 'once');
  return (counted.length > 0 ? counted : named).map(({ site, of }) => ({
    site,
    drawn: isPick(timeline[of.entry]?.fault.site),
  }));
}

/** How many of the candidates could be taken at most, whatever the seed. */
function mostTaken(candidates: readonly string[], taken: readonly Taken[]): number {
  const fixed = new Set(taken.flatMap(({ site, drawn }) => (!drawn && candidates.includes(site) ? [site] : [])));
  return fixed.size + taken.filter(({ drawn }) => drawn).length;
}

function nothingLeft(id: string, candidates: readonly string[], most: number): string {
  if (candidates.length === 0) return `expected something to pick from for ${id}, got nothing that fits it`;
  return `expected more to pick from than ${candidates.join(', ')} for ${id}: the faults that it is to differ from may take ${most}`;
}

/** Where a fault could strike: what is listed, or every site that has its component and that it is not to be cut from. */
function siteCandidates({ site, params }: Entry['fault'], { sites }: Pick<PlatformFacts, 'sites'>): readonly string[] {
  if (!isPick(site)) return [site];
  if (site.pick !== 'any') return site.pick;
  const { component, from } = params;
  return sites.flatMap(({ name, endpoints }) => {
    const runs = typeof component !== 'string' || component === 'all' || runsOn(endpoints, component);
    return runs && !(Array.isArray(from) && from.includes(name)) ? [name] : [];
  });
}

function componentCandidates(
  { type, params }: Entry['fault'],
  site: string,
  { sites }: Pick<PlatformFacts, 'sites'>,
  faults: Registries['faults'],
): readonly string[] {
  const { component } = params;
  if (!isPick(component)) return [];
  if (component.pick !== 'any') return component.pick;
  const endpoints = sites.find(({ name }) => name === site)?.endpoints ?? {};
  const known = faults.get(type);
  return (known ? componentChoices(known.params) : []).filter((word) => runsOn(endpoints, word));
}

/** Whether a site has clients' endpoints of a component. */
function runsOn(endpoints: Readonly<Record<string, readonly unknown[]>>, component: string): boolean {
  return Object.hasOwn(endpoints, component) && (endpoints[component]?.length ?? 0) > 0;
}
