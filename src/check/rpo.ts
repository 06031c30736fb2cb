import type { WrittenKey } from './key-join.ts';
import { FAIL, INFO, OK } from './operations.ts';
import { sortedCounts } from './outage-report.ts';
import type { Instant, Interval, LostKey, Rpo } from './report-schema.ts';

const LISTED = 1000;

/** Where one stage was to be read: the numbers of its places for each key; -1 is a site without any row of it. */
export type StagePlaces = readonly number[];

/** What RPO is counted from, for the keys of one timetable. A stage is null when it was not done. */
export interface RpoContext {
  readonly effective: Instant | null;
  /** `notAfter` of gone; infinite when it never was. */
  readonly goneUs: number;
  /** Sites that a `failover` event names as `from`. */
  readonly abandoned: ReadonlySet<string>;
  /** Null for a site's own probe, and where the service was not moved back. */
  readonly failback: {
    readonly firstSite: string;
    /** From each failover since the disaster's request to the failback after it. */
    readonly away: readonly { readonly fromUs: number; readonly toUs: number }[];
  } | null;
  readonly atFailover: StagePlaces | null;
  readonly afterRecovery: StagePlaces | null;
  readonly afterRepair: StagePlaces | null;
  /** The stage on which "lost in all" is judged. */
  readonly final: StagePlaces | null;
  readonly afterFailback: StagePlaces | null;
  /** Every place that reads this timetable's keys for the disaster. */
  readonly anywhere: StagePlaces;
}

/** What a key was found to be in a stage: the worst of its places. */
export type Found = 'present' | 'unreadable' | 'absent' | 'partial' | 'corrupt' | 'other value';
const WORST: readonly Found[] = ['other value', 'corrupt', 'partial', 'absent', 'unreadable', 'present'];

interface Missing {
  lost: number;
  unreadable: number;
  /** Acknowledgements: the earliest lost, the earliest lost or unreadable, and the latest of each. */
  lostFromUs: number;
  fromUs: number;
  lostToUs: number;
  toUs: number;
}

/** By service, null for all: what is missing in the last stage of RPO. */
export type MissingBefore = ReadonlyMap<string | null, Pick<Missing, 'lostFromUs' | 'fromUs'>>;

/** One write of the ledger, for the timeline. */
export interface LedgerWrite {
  readonly acknowledgedUs: number;
  readonly lost: boolean;
}

/** Adds up RPO for all writes together, or for one service (measurement.md, "RPO"). Every write is given once, in any order. */
export class RpoTally {
  readonly service: string | null;
  private ledger = 0;
  private readonly stages = {
    atFailover: missing(),
    afterRecovery: missing(),
    afterRepair: missing(),
    final: missing(),
  };
  private readonly done = { atFailover: true, afterRecovery: true, afterRepair: true, final: true };
  private readonly stranded = missing();
  private strandedTotal = 0;
  private readonly byState = new Map<string, number>();
  private readonly info = { total: 0, found: 0, notFound: 0 };
  private readonly back = { asked: 0, missing: missing(), done: true, any: false };
  private readonly listed = new Shortlist();
  private readonly listedLater = new Shortlist();
  /** Present and never written, or with another value, more than once, or of a write that failed. */
  phantom = 0;
  /** Of these: writes whose outcome was `fail`. The harness misjudged them. */
  misjudged = 0;

  constructor(service: string | null) {
    this.service = service;
  }

  /** `where`: probe, service and site of the write. Tells whether it is in the ledger, and lost at failover. */
  add(
    key: WrittenKey,
    where: { readonly probe: string; readonly service: string; readonly site: string },
    context: RpoContext,
  ): LedgerWrite | null {
    this.countPhantom(key, context);
    if (key.outcome === INFO) this.countInfo(key, context);
    if (key.outcome !== OK || !context.effective) {
      if (key.outcome === OK) this.ledger++;
      return null;
    }
    this.countFailback(key, where.site, context);
    const inLedger = key.completedUs < context.effective.notAfter_us;
    const stranded = !inLedger && key.completedUs < context.goneUs && context.abandoned.has(where.site);
    if (!inLedger && !stranded) return null;
    const listing = (state: Found): LostKey => ({
      key: key.key(),
      probe: where.probe,
      service: where.service,
      site: where.site,
      acknowledged_us: key.completedUs,
      state,
    });
    let lostAtFailover = false;
    if (inLedger) {
      this.ledger++;
      const atFailover = this.stage('atFailover', key, context.atFailover);
      if (atFailover) this.byState.set(atFailover, (this.byState.get(atFailover) ?? 0) + 1);
      lostAtFailover = atFailover !== null && isLost(atFailover);
      if (lostAtFailover) this.listed.add(key.completedUs, () => listing(atFailover as Found));
      this.stage('afterRecovery', key, context.afterRecovery);
      this.stage('afterRepair', key, context.afterRepair);
    } else {
      this.strandedTotal++;
      const stage = context.afterRepair ?? context.afterRecovery;
      if (stage) count(this.stranded, stateIn(key, stage), key.completedUs);
    }
    const final = this.stage('final', key, context.final);
    if (final && isLost(final) && !lostAtFailover) this.listedLater.add(key.completedUs, () => listing(final));
    return inLedger ? { acknowledgedUs: key.completedUs, lost: lostAtFailover } : null;
  }

  /** A key that was read and never written. */
  addStranger(): void {
    this.phantom++;
  }

  /** `stages`: which were done at all; `note` is added to what is said. */
  result(
    effective: Instant | null,
    stages: Readonly<Record<StageName | 'afterFailback' | 'any', boolean>>,
    note: string,
  ): Rpo {
    const { atFailover, afterRecovery, afterRepair, final } = this.stages;
    const known = (name: StageName): boolean => effective !== null && stages[name] && this.done[name];
    const failover = known('atFailover') ? atFailover : null;
    const last = known('final') ? final : null;
    const missingStranded = effective && (stages.afterRepair || stages.afterRecovery) ? range(this.stranded) : null;
    const listed = [...this.listed.list(), ...this.listedLater.list()];
    return {
      service: this.service,
      ledger: this.ledger,
      lost: failover && range(failover),
      rpo_us: failover && effective && span(failover, () => effective.notAfter_us),
      recoveryPoint_us: failover && effective ? Math.min(failover.fromUs, effective.notAfter_us) : null,
      byState: failover ? sortedCounts(this.byState) : {},
      afterRecovery: known('afterRecovery') ? range(afterRecovery) : null,
      afterRepair: known('afterRepair') ? range(afterRepair) : null,
      stranded: {
        total: this.strandedTotal,
        found: missingStranded ? this.strandedTotal - this.stranded.lost - this.stranded.unreadable : null,
        missing: missingStranded,
      },
      lostInAll: last && range(last),
      lostInAll_us: last && effective && span(last, (latestUs) => Math.max(effective.notAfter_us, latestUs)),
      indeterminate: {
        total: this.info.total,
        found: stages.any || this.info.total === 0 ? this.info.found : null,
        notFound: stages.any || this.info.total === 0 ? this.info.notFound : null,
      },
      phantom: stages.any ? this.phantom : null,
      failback: this.back.any ? this.failback(stages.afterFailback) : null,
      lostKeys: listed,
      lostKeysOmitted: this.listed.count + this.listedLater.count - listed.length,
      note: note || (this.phantom > 0 ? `${this.phantom} keys are there that were not written so` : ''),
    };
  }

  private failback(done: boolean): Rpo['failback'] {
    const { asked, missing: gone } = this.back;
    const known = done && this.back.done;
    return { asked, found: known ? asked - gone.lost - gone.unreadable : null, missing: known ? range(gone) : null };
  }

  /** Of what is missing in the last stage: the earliest acknowledgement; infinite where nothing is. */
  missingFrom(): Pick<Missing, 'lostFromUs' | 'fromUs'> {
    const { lostFromUs, fromUs } = this.stages.final;
    return { lostFromUs, fromUs };
  }

  private stage(name: StageName, key: WrittenKey, places: StagePlaces | null): Found | null {
    if (!places) {
      this.done[name] = false;
      return null;
    }
    const found = stateIn(key, places);
    count(this.stages[name], found, key.completedUs);
    return found;
  }

  private countInfo(key: WrittenKey, { anywhere }: RpoContext): void {
    this.info.total++;
    const states = anywhere.map((place) => key.state(place));
    if (states.some(isThere)) this.info.found++;
    else if (states.includes('absent')) this.info.notFound++;
  }

  /** With another value, more than once, or of a write that was certainly not applied. */
  private countPhantom(key: WrittenKey, { anywhere }: RpoContext): void {
    const misjudged = key.outcome === FAIL && anywhere.some((place) => isThere(key.state(place)));
    if (misjudged) this.misjudged++;
    const odd = anywhere.some((place) => key.state(place) === 'repeated' || key.state(place) === 'other value');
    if (misjudged || odd) this.phantom++;
  }

  private countFailback(key: WrittenKey, site: string, { failback, afterFailback }: RpoContext): void {
    if (!failback) return;
    this.back.any = true;
    const { completedUs } = key;
    if (site === failback.firstSite) return;
    if (!failback.away.some(({ fromUs, toUs }) => completedUs >= fromUs && completedUs < toUs)) return;
    this.back.asked++;
    if (afterFailback) count(this.back.missing, stateIn(key, afterFailback), completedUs);
    else this.back.done = false;
  }
}

type StageName = 'atFailover' | 'afterRecovery' | 'afterRepair' | 'final';

/** Missing at any site counts; a key without a row is unreadable. */
export function stateIn(key: WrittenKey, places: StagePlaces): Found {
  let worst: Found = 'present';
  for (const place of places) {
    const state = place < 0 ? 'no row' : key.state(place);
    const found: Found = state === 'no row' ? 'unreadable' : state === 'repeated' ? 'present' : state;
    if (WORST.indexOf(found) < WORST.indexOf(worst)) worst = found;
  }
  return places.length === 0 ? 'unreadable' : worst;
}

export function isLost(found: Found): boolean {
  return found !== 'present' && found !== 'unreadable';
}

function isThere(state: string): boolean {
  return state !== 'no row' && state !== 'absent' && state !== 'unreadable';
}

function missing(): Missing {
  return {
    lost: 0,
    unreadable: 0,
    lostFromUs: Number.POSITIVE_INFINITY,
    fromUs: Number.POSITIVE_INFINITY,
    lostToUs: Number.NEGATIVE_INFINITY,
    toUs: Number.NEGATIVE_INFINITY,
  };
}

function count(into: Missing, found: Found, acknowledgedUs: number): void {
  if (found === 'present') return;
  into.fromUs = Math.min(into.fromUs, acknowledgedUs);
  into.toUs = Math.max(into.toUs, acknowledgedUs);
  if (found === 'unreadable') {
    into.unreadable++;
    return;
  }
  into.lost++;
  into.lostFromUs = Math.min(into.lostFromUs, acknowledgedUs);
  into.lostToUs = Math.max(into.lostToUs, acknowledgedUs);
}

function range({ lost, unreadable }: Missing): Interval {
  return { lower: lost, upper: lost + unreadable };
}

/** From the earliest missing to `end`, which is given the latest; 0 when nothing is missing. */
function span(of: Missing, end: (latestUs: number) => number): Interval {
  const lower = of.lost === 0 ? 0 : end(of.lostToUs) - of.lostFromUs;
  const upper = of.lost + of.unreadable === 0 ? 0 : end(of.toUs) - of.fromUs;
  return { lower, upper };
}

/** The first thousand by acknowledgement, of any number. */
class Shortlist {
  count = 0;
  private kept: LostKey[] = [];
  private limitUs = Number.POSITIVE_INFINITY;

  add(acknowledgedUs: number, make: () => LostKey): void {
    this.count++;
    if (acknowledgedUs > this.limitUs) return;
    this.kept.push(make());
    if (this.kept.length < 4 * LISTED) return;
    this.kept = this.list();
    this.limitUs = this.kept.at(-1)?.acknowledged_us ?? this.limitUs;
  }

  list(): LostKey[] {
    const sorted = this.kept.sort((a, b) => a.acknowledged_us - b.acknowledged_us || (a.key < b.key ? -1 : 1));
    return sorted.slice(0, LISTED);
  }
}
