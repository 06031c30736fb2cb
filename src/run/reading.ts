import type { ReaderTarget } from '../client/reader-protocol.ts';
import type { ReaderHandle } from '../client/spawn.ts';
import type { ReadBackStage } from '../history/operation.ts';
import type { ExpectedWrite } from '../probes/probe.ts';
import type { Plan, PlannedSite, Timetable } from '../scenario/plan.ts';
import type { CameAcross } from './came-across.ts';
import type { Recorder } from './fault-lease.ts';
import type { LiveRecord } from './live-record.ts';
import type { LiveTimetable, LiveWrite } from './live-timetable.ts';

/** Margin over the reader's own deadline, for its answer. */
const ANSWER_MS = 10_000;

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

/** Every probe of the plan at one site, whether or not it has a timetable of its own there. */
export function targetsAt(plan: Plan, site: string): readonly ReaderTarget[] {
  const probes = new Map(plan.timetables.toReversed().map((timetable) => [timetable.probe, timetable]));
  return [...probes.values()].map((timetable) => targetOf(plan, timetable, site));
}

export function siteOf(plan: Plan, name: string): PlannedSite {
  const found = plan.platform.sites.find((site) => site.name === name);
  if (!found) throw new Error(`no site ${name} in the plan`);
  return found;
}

/** Reads what was asked back, site by site, and journals what came of it. What could not be read in time has no row: it is unreadable. */
export async function readBack(
  { plan, reader, journal, cameAcross, alone = false }: ReadingContext,
  stage: ReadBackStage,
  fault: string,
  asked: readonly Asked[],
  signal: AbortSignal,
): Promise<{ readonly present: number; readonly other: number }> {
  const { rate, within_us, attempts } = plan.readBack;
  const sum = { present: 0, other: 0 };
  const jobs = asked.flatMap(({ live, sites, writes }) =>
    sites.map((site) => ({ timetable: live.timetable, site, writes })),
  );
  for (const probe of new Set(jobs.map(({ timetable }) => timetable.probe))) {
    for (const site of new Set(jobs.filter(({ timetable }) => timetable.probe === probe).map((job) => job.site))) {
      const mine = jobs.filter((job) => job.timetable.probe === probe && job.site === site && job.writes.length > 0);
      const counts: Record<string, number> = {};
      let complete = true;
      for (const { timetable, writes } of mine) {
        const target = targetOf(plan, timetable, site);
        const withinMs = within_us / 1000;
        const limit = AbortSignal.any([signal, AbortSignal.timeout(withinMs + ANSWER_MS)]);
        const keys: ExpectedWrite[] = writes.map(({ key, seq }) => ({ key, seq }));
        const result = await reader.run(
          { type: 'read-back', target, stage, fault, writes: keys, rate, withinMs, attempts, alone },
          limit,
        );
        cameAcross.add({ stage, fault, site, probe }, result.unasked ?? []);
        for (const [state, n] of Object.entries(result.counts ?? {})) counts[state] = (counts[state] ?? 0) + n;
        complete &&= result.complete === true;
      }
      const total = mine.reduce((n, { writes }) => n + writes.length, 0);
      sum.present += counts.present ?? 0;
      sum.other += total - (counts.present ?? 0);
      await journal.append('read-back-done', { stage, fault, site, probe, asked: total, counts, complete });
    }
  }
  return sum;
}

/** What each stage asks for (measurement.md, "RPO"). Times in µs; the canary's writes are never among them. */
export class Stages {
  private readonly plan: Plan;
  private readonly live: LiveRecord;
  private readonly sites: readonly string[];

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
    const left = new Set([...this.live.left.values()].flatMap((sites) => [...sites]));
    return this.of((write) => {
      const stranded =
        write.outcome === 'ok' &&
        write.completedUs >= effectiveUs &&
        write.completedUs < goneUs &&
        left.has(write.site);
      return inLedger(write, effectiveUs) || stranded || (doubtful && write.outcome !== 'ok');
    });
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
