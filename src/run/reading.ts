import type { ReaderTarget, Unasked } from '../client/reader-protocol.ts';
import type { ReaderHandle } from '../client/spawn.ts';
import { canonicalJson } from '../history/chain.ts';
import type { ReadBackStage } from '../history/operation.ts';
import type { ExpectedWrite } from '../probes/probe.ts';
import type { Plan, PlannedSite, Timetable } from '../scenario/plan.ts';
import type { CameAcross } from './came-across.ts';
import type { Recorder } from './fault-lease.ts';
import type { LiveRecord } from './live-record.ts';
import type { LiveTimetable, LiveWrite } from './live-timetable.ts';

/** Margin over the reader's own deadline, for its answer. */
const ANSWER_MS = 60_000;
/** Of what the rate alone would take: graphs do not reach it. */
const ROOM = 4;

export interface ReadingContext {
  readonly plan: Plan;
  readonly reader: ReaderHandle;
  readonly journal: Recorder;
  readonly cameAcross: CameAcross;
  /** The clients of the plan have ended, so that nothing is measured any more. */
  readonly alone?: boolean;
}

/** One stage of the read-back: which writes of which timetable, where. */
export interface Asked {
  readonly live: LiveTimetable;
  readonly sites: readonly string[];
  readonly writes: readonly LiveWrite[];
}

/** The reader as one probe of the plan sees one site. */
export function targetOf(plan: Plan, timetable: Timetable, site: string): ReaderTarget {
  const { probe, timeout_us: timeoutUs, params } = timetable;
  return { probe, site: siteOf(plan, site), timeoutUs, params };
}

/** What one timetable has in common with others: its probe, and parameters, which may say where things are (a tenant, a topic, a graph). */
export function kindOf({ probe, params }: Pick<Timetable, 'probe' | 'params'>): string {
  return `${probe} ${canonicalJson(params)}`;
}

/** The first timetable of each kind. */
export function kindsOf(plan: Plan): readonly Timetable[] {
  const kinds = Map.groupBy(plan.timetables, kindOf);
  return [...kinds.values()].flatMap(([first]) => first ?? []);
}

/** Every kind of the plan at one site, whether or not it has a timetable of its own there. */
export function targetsAt(plan: Plan, site: string): readonly ReaderTarget[] {
  return kindsOf(plan).map((timetable) => targetOf(plan, timetable, site));
}

export function siteOf(plan: Plan, name: string): PlannedSite {
  const found = plan.platform.sites.find((site) => site.name === name);
  if (!found) throw new Error(`no site ${name} in the plan`);
  return found;
}

/** What came of one probe's keys at one site. */
export interface PlaceRead {
  readonly site: string;
  readonly probe: string;
  readonly asked: number;
  readonly counts: Readonly<Record<string, number>>;
  /** False: it was given up. */
  readonly complete: boolean;
  readonly unasked: readonly Unasked[];
}

/** Reads what was asked back, probe by probe and site by site. What could not be read in time has no row: it is unreadable. */
export async function* readPlaces(
  { plan, reader, alone = false }: Pick<ReadingContext, 'plan' | 'reader' | 'alone'>,
  stage: ReadBackStage,
  fault: string,
  asked: readonly Asked[],
  signal: AbortSignal,
): AsyncGenerator<PlaceRead> {
  const { rate, within_us, attempts } = plan.readBack;
  const jobs = asked.flatMap(({ live, sites, writes }) =>
    sites.map((site) => ({ timetable: live.timetable, site, writes })),
  );
  for (const probe of new Set(jobs.map(({ timetable }) => timetable.probe))) {
    for (const site of new Set(jobs.filter(({ timetable }) => timetable.probe === probe).map((job) => job.site))) {
      const mine = jobs.filter((job) => job.timetable.probe === probe && job.site === site && job.writes.length > 0);
      const counts: Record<string, number> = {};
      const unasked: Unasked[] = [];
      let complete = true;
      for (const { timetable, writes } of mine) {
        const target = targetOf(plan, timetable, site);
        // Where nothing is measured any more, many keys have the time that they need.
        const withinMs = Math.max(within_us / 1000, alone ? (ROOM * writes.length * 1000) / rate : 0);
        const limit = AbortSignal.any([signal, AbortSignal.timeout(withinMs + ANSWER_MS)]);
        const keys: ExpectedWrite[] = writes.map(({ key, seq }) => ({ key, seq }));
        const result = await reader.run(
          { type: 'read-back', target, stage, fault, writes: keys, rate, withinMs, attempts, alone },
          limit,
        );
        unasked.push(...(result.unasked ?? []));
        for (const [state, n] of Object.entries(result.counts ?? {})) counts[state] = (counts[state] ?? 0) + n;
        complete &&= result.complete === true;
      }
      yield { site, probe, asked: mine.reduce((n, { writes }) => n + writes.length, 0), counts, complete, unasked };
    }
  }
}

/** Reads a stage of `read-back.csv`, and journals what came of it. */
export async function readBack(
  context: ReadingContext,
  stage: ReadBackStage,
  fault: string,
  asked: readonly Asked[],
  signal: AbortSignal,
): Promise<{ readonly present: number; readonly other: number }> {
  const sum = { present: 0, other: 0 };
  for await (const { unasked, ...place } of readPlaces(context, stage, fault, asked, signal)) {
    const { site, probe, counts } = place;
    context.cameAcross.add({ stage, fault, site, probe }, unasked);
    sum.present += counts.present ?? 0;
    sum.other += place.asked - (counts.present ?? 0);
    await context.journal.append('read-back-done', { stage, fault, ...place });
  }
  return sum;
}

/** What each stage asks for (measurement.md, "RPO"). Times in µs; the canary's writes are never among them. */
export class Stages {
  private readonly plan: Plan;
  private readonly live: LiveRecord;
  private readonly sites: readonly string[];
  /** Sites that were left when the stages after the recovery asked for what was stranded there, the last time. */
  private leftThen: ReadonlySet<string> = new Set();

  constructor(plan: Plan, live: LiveRecord) {
    this.plan = plan;
    this.live = live;
    this.sites = plan.platform.sites.map(({ name }) => name);
  }

  /** The ledger, at the site that serves now instead of those that are lost to its probe. */
  atFailover(lostTo: (probe: string) => readonly string[], effectiveUs: number): readonly Asked[] {
    return this.of((write) => inLedger(write, effectiveUs)).map((asked) => {
      const { probe } = asked.live.timetable;
      return { ...asked, sites: this.survivors(probe, lostTo(probe)) };
    });
  }

  /** The ledger and what was stranded, at every site; with `doubtful`, the writes that were not acknowledged too. */
  afterRecovery(effectiveUs: number, goneUs: number, doubtful: boolean): readonly Asked[] {
    this.leftThen = new Set([...this.live.left.values()].flatMap((sites) => [...sites]));
    const stranded = this.stranded(effectiveUs, goneUs);
    return this.of((write) => inLedger(write, effectiveUs) || stranded(write) || (doubtful && write.outcome !== 'ok'));
  }

  /** What was acknowledged since, and the stages after the recovery did not ask for, at every site. */
  later(effectiveUs: number, goneUs: number): readonly Asked[] {
    const stranded = this.stranded(effectiveUs, goneUs);
    return this.of((write) => write.outcome === 'ok' && write.completedUs >= effectiveUs && !stranded(write));
  }

  /** What another site acknowledged between failover and failback, at the service's first site, and every write that was not acknowledged. */
  afterFailback(
    moves: readonly { readonly service: string; readonly fromUs: number; readonly toUs: number }[],
  ): readonly Asked[] {
    return this.live.timetables.flatMap((live) => {
      const { service, site } = live.timetable;
      const first = this.plan.services[service]?.sites[0];
      const mine = moves.filter((move) => move.service === service);
      const writes = this.live.writesOf(live, (write) => {
        const away = mine.some(({ fromUs, toUs }) => write.completedUs >= fromUs && write.completedUs < toUs);
        return write.outcome === 'ok' ? away && write.site !== first : true;
      });
      return [{ live, sites: [first ?? site], writes }];
    });
  }

  /** Completion of the latest write that may or may not have been applied; null: there is none. */
  lastDoubtfulUs(): number | null {
    const times = this.of((write) => write.outcome === 'info').flatMap(({ writes }) =>
      writes.map((write) => write.completedUs),
    );
    return times.length === 0 ? null : Math.max(...times);
  }

  private stranded(effectiveUs: number, goneUs: number): (write: LiveWrite) => boolean {
    const left = this.leftThen;
    return ({ outcome, completedUs, site }) =>
      outcome === 'ok' && completedUs >= effectiveUs && completedUs < goneUs && left.has(site);
  }

  private of(wanted: (write: LiveWrite) => boolean): readonly Asked[] {
    return this.live.timetables.map((live) => ({ live, sites: this.sites, writes: this.live.writesOf(live, wanted) }));
  }

  private survivors(probe: string, lostSites: readonly string[]): readonly string[] {
    const current = Object.entries(this.plan.services)
      .filter(([, service]) => service.probe === probe)
      .map(([name, service]) => this.live.current.get(name) ?? (service.sites[0] as string));
    const alive = [...new Set(current)].filter((site) => !lostSites.includes(site));
    return alive.length > 0 ? alive : this.sites.filter((site) => !lostSites.includes(site)).slice(0, 1);
  }
}

function inLedger(write: LiveWrite, effectiveUs: number): boolean {
  return write.outcome === 'ok' && write.completedUs < effectiveUs;
}
