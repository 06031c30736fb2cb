import { formatDuration } from '../duration.ts';
import { idsAbove, occurrences, picksAnything } from './expand.ts';
import { componentChoices, MAX_FAULTS } from './fault-schema.ts';
import { didYouMean } from './nearest.ts';
import { isPick } from './picks.ts';
import type { Positions } from './positions.ts';
import type { Path, Problem } from './problem.ts';
import type { KnownFault, Registries, Scenario } from './schema.ts';

type Timeline = Scenario['timeline'];

/** What is wrong with a timeline that is well-formed, whatever platform it will meet and whatever its seed picks. */
export function timelineProblems(
  { timeline }: Scenario,
  { faults }: Pick<Registries, 'faults'>,
  positions: Positions,
): readonly Problem[] {
  const problems: Problem[] = [];
  const at = (path: Path, text: string): void => void problems.push(positions.atValue(path, text));
  for (const [i, { at: begins, fault }] of timeline.entries()) {
    const above = timeline[i - 1];
    if (above && begins < above.at)
      at(['timeline', i, 'at'], 'expected the order of time: it is before the entry above it');
    const type = faults.get(fault.type);
    const issues = type
      ? everyChoice(fault.params, type).flatMap((one) => type.params.safeParse(one).error?.issues ?? [])
      : [];
    for (const issue of issues) at(['timeline', i, 'fault', ...issue.path.map(String)], issue.message);
    pickProblems(timeline, i, at);
    repeatProblems(timeline[i] as Timeline[number], i, at);
  }
  return [...problems, ...occurrenceProblems(timeline, positions), ...disasterProblems(timeline, positions)];
}

/** The parameters of a fault with each thing that a pick could make of them: rules between parameters hold for all of these. */
function everyChoice(
  params: Timeline[number]['fault']['params'],
  type: Pick<KnownFault, 'params'>,
): readonly Record<string, unknown>[] {
  const { component, from } = params;
  const others = isPick(from) ? { ...params, from: from.pick === 'any' ? ['another'] : from.pick.slice(0, 1) } : params;
  if (!isPick(component)) return [others];
  const words = component.pick === 'any' ? componentChoices(type.params) : component.pick;
  return words.map((word) => ({ ...others, component: word }));
}

/** Lists to pick from that name one twice; a `not` that names no fault above. */
function pickProblems(timeline: Timeline, i: number, at: (path: Path, text: string) => void): void {
  const { site, params } = (timeline[i] as Timeline[number]).fault;
  for (const [field, value] of Object.entries({ site, ...params })) {
    if (!isPick(value)) continue;
    const path: Path = ['timeline', i, 'fault', field];
    const { pick, not = [] } = value;
    if (pick !== 'any')
      pick.forEach((one, j) => {
        if (pick.indexOf(one) !== j) at([...path, 'pick', j], `expected each of them once, got ${one} again`);
      });
    const known = idsAbove(timeline, i);
    not.forEach((id, j) => {
      if (known.includes(id)) return;
      const there = known.length === 0 ? 'there is none' : `there is ${known.join(', ')}`;
      at(
        [...path, 'not', j],
        `expected the id of a fault above (${there}), got ${JSON.stringify(id)}${didYouMean(id, known)}`,
      );
    });
  }
}

function repeatProblems(entry: Timeline[number], i: number, at: (path: Path, text: string) => void): void {
  const { repeat, for: held, fault } = entry;
  if (!repeat) return;
  if (repeat.every < held)
    at(
      ['timeline', i, 'repeat', 'every'],
      `expected at least ${formatDuration(held)}, as long as it is held: each is over before the next begins, got ${formatDuration(repeat.every)}`,
    );
  const path: Path = ['timeline', i, 'repeat', 'pick'];
  if (repeat.pick === 'distinct' && !isPick(fault.site))
    at(path, 'expected a fault whose site is picked, such as site: { pick: any }: its sites cannot differ');
  if (repeat.pick === 'once' && !picksAnything([entry]))
    at(path, 'expected a fault of which something is picked, such as site: { pick: any }');
}

/** Faults that an entry comes to: too many, two at once, two of one name. */
function occurrenceProblems(timeline: Timeline, positions: Positions): readonly Problem[] {
  const all = occurrences(timeline);
  if (all.length > MAX_FAULTS) {
    const last = timeline.findLastIndex(({ repeat }) => repeat !== undefined);
    const text = `expected at most ${MAX_FAULTS} faults in all, got ${all.length} with their repetitions`;
    return [positions.atValue(['timeline', Math.max(0, last), 'repeat', 'times'], text)];
  }
  const problems: Problem[] = [];
  for (const [index, { id, entry, repetition, at_us }] of all.entries()) {
    const before = all.slice(0, index);
    if (before.some((other) => other.at_us === at_us))
      problems.push(
        positions.atValue(
          repetition === 0 ? ['timeline', entry, 'at'] : ['timeline', entry, 'repeat', 'every'],
          'expected a time of its own: each fault has its own clocks',
        ),
      );
    const same = before.find((other) => other.id === id);
    if (same && (repetition === 0 || same.entry !== entry)) {
      const named = timeline[entry]?.id === undefined ? same.entry : entry;
      problems.push(
        positions.atValue(['timeline', named, 'id'], `expected an id that no other fault has, got ${id} again`),
      );
    }
  }
  return problems;
}

function disasterProblems(timeline: Timeline, positions: Positions): readonly Problem[] {
  const marked = timeline.flatMap(({ fault }, i) => (fault.disaster === true ? [i] : []));
  const number = occurrences(timeline).length;
  const [only] = timeline;
  if (number === 1) {
    if (only?.fault.disaster !== false) return [];
    return [
      positions.atValue(
        ['timeline', 0, 'fault', 'disaster'],
        'expected true or nothing: the only fault is the disaster',
      ),
    ];
  }
  if (marked.length === 0 && number > 0)
    return [
      positions.atKey(['timeline'], `expected one of the ${number} faults to be marked disaster: true, got none`),
    ];
  return marked
    .slice(1)
    .map((i) => positions.atValue(['timeline', i, 'fault', 'disaster'], 'expected one disaster, got a second'));
}
