import type { EventData } from '../history/event.ts';
import { CANARY_SERVICE } from '../history/operation.ts';
import { eventsOf } from '../history/read-journal.ts';
import type { WrittenKey } from './key-join.ts';
import type { Later, LaterWrites } from './later-schema.ts';
import type { LoadedHistory } from './load-history.ts';
import type { ReadPlace } from './load-read-back.ts';
import { OK } from './operations.ts';
import { sortedCounts } from './outage-report.ts';
import { type Found, isLost, type MissingBefore, type StagePlaces, stateIn } from './rpo.ts';
import type { RunRecord } from './run-record.ts';

type Id = LoadedHistory['timetables'][number]['id'];
type MissingKey = LaterWrites['missingKeys'][number];

const LISTED = 20;

/**
 * Adds up what was acknowledged since the disaster was in force by sites that nobody left, and what of it was found at every site at the end. Every key is given
 * once, in any order. Nothing is said of a run that did not look.
 */
export class LaterTally {
  private readonly looked: readonly EventData['later-read'][];
  private readonly places: ReadonlyMap<string, ReadPlace & { readonly number: number }>;
  private readonly sites: readonly string[];
  private readonly abandoned: ReadonlySet<string>;
  private readonly fromUs: number;
  private readonly goneUs: number;
  private readonly all = new Tally(null);
  private readonly services: ReadonlyMap<string, Tally>;

  constructor({ plan, events, disaster, failovers }: RunRecord, places: readonly ReadPlace[]) {
    const id = disaster?.id ?? '';
    this.looked = eventsOf(events, 'later-read').flatMap(({ data }) => (data.fault === id ? [data] : []));
    this.places = new Map(
      places.flatMap((place, number) =>
        place.stage === 'later' && place.fault === id ? [[placeOf(place), { ...place, number }]] : [],
      ),
    );
    this.sites = plan.platform.sites.map(({ name }) => name);
    this.abandoned = new Set(failovers.filter(({ service }) => service !== CANARY_SERVICE).map(({ from }) => from));
    this.fromUs = disaster?.effective?.notAfter_us ?? Number.POSITIVE_INFINITY;
    this.goneUs = disaster?.goneUs ?? Number.POSITIVE_INFINITY;
    this.services = new Map(Object.keys(plan.services).map((name) => [name, new Tally(name)]));
  }

  /** `site`: where it was acknowledged. */
  add({ probe, service }: Id, key: WrittenKey, site: string): void {
    if (key.outcome !== OK || key.completedUs < this.fromUs) return;
    const during = key.completedUs < this.goneUs;
    const places: StagePlaces = this.sites.map((at) => this.places.get(placeOf({ probe, site: at }))?.number ?? -1);
    // Stranded: the stages after the recovery look for it, unless its site was left only after them.
    const looked = (): boolean => places.some((place) => place >= 0 && key.state(place) !== 'no row');
    if (during && this.abandoned.has(site) && !looked()) return;
    const state = stateIn(key, places);
    const missing = (): MissingKey => ({
      key: key.key(),
      probe,
      service,
      site,
      acknowledged_us: key.completedUs,
      state,
    });
    const repeated = places.some((place) => place >= 0 && key.state(place) === 'repeated');
    for (const tally of [this.all, this.services.get(service)])
      tally?.add(during, state, repeated, key.completedUs, missing);
  }

  /** `before`: from when on something is missing in the last stage that looks for what was acknowledged earlier. Null: nobody looked. */
  report(before: MissingBefore): Later | null {
    if (this.looked.length === 0 && this.places.size === 0) return null;
    return {
      writes: [this.all, ...this.services.values()].map((tally) => tally.result(before)),
      places: this.looked.map(({ site, probe, asked, again, settled, complete }) => ({
        site,
        probe,
        asked,
        again,
        ...(settled !== undefined && { settled }),
        complete,
        counts: sortedCounts(this.places.get(placeOf({ probe, site }))?.counts ?? new Map()),
      })),
    };
  }
}

class Tally {
  private readonly service: string | null;
  private readonly during = { acknowledged: 0, lost: 0, unreadable: 0 };
  private readonly after = { acknowledged: 0, lost: 0, unreadable: 0 };
  private readonly lost = new Span();
  private readonly missing = new Span();
  private readonly states = new Map<string, number>();
  private repeated = 0;
  private keys: MissingKey[] = [];

  constructor(service: string | null) {
    this.service = service;
  }

  add(during: boolean, state: Found, repeated: boolean, acknowledgedUs: number, key: () => MissingKey): void {
    const counted = during ? this.during : this.after;
    counted.acknowledged++;
    this.states.set(state, (this.states.get(state) ?? 0) + 1);
    if (repeated) this.repeated++;
    if (state === 'present') return;
    this.missing.add(acknowledgedUs);
    if (isLost(state)) this.lost.add(acknowledgedUs);
    if (isLost(state)) counted.lost++;
    else counted.unreadable++;
    this.keys.push(key());
    if (this.keys.length > 100 * LISTED) this.keys = firstOf(this.keys);
  }

  result(before: MissingBefore): LaterWrites {
    const part = ({ acknowledged, lost, unreadable }: typeof this.during): LaterWrites['during'] => ({
      acknowledged,
      missing: { lower: lost, upper: lost + unreadable },
    });
    const earlier = before.get(this.service);
    return {
      service: this.service,
      during: part(this.during),
      after: part(this.after),
      repeated: this.repeated,
      missing_us: { lower: this.lost.us(earlier?.lostFromUs), upper: this.missing.us(earlier?.fromUs) },
      byState: sortedCounts(this.states),
      missingKeys: firstOf(this.keys),
    };
  }
}

/** From the earliest to the latest of some instants. */
class Span {
  private fromUs = Number.POSITIVE_INFINITY;
  private toUs = Number.NEGATIVE_INFINITY;

  add(us: number): void {
    this.fromUs = Math.min(this.fromUs, us);
    this.toUs = Math.max(this.toUs, us);
  }

  /** 0 where there are none; `earlierUs`: another one before them. */
  us(earlierUs = Number.POSITIVE_INFINITY): number {
    return Math.max(0, this.toUs - Math.min(this.fromUs, earlierUs));
  }
}

function placeOf({ probe, site }: { readonly probe: string; readonly site: string }): string {
  return `${probe} ${site}`;
}

function firstOf(keys: readonly MissingKey[]): MissingKey[] {
  return keys.toSorted((a, b) => a.acknowledged_us - b.acknowledged_us || (a.key < b.key ? -1 : 1)).slice(0, LISTED);
}
