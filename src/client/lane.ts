import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Attempt } from '../history/operation.ts';
import { isWrite, writeKey } from '../history/timetable.ts';
import type { ProbeClient, ProbeOperation, ProbeOutcome } from '../probes/probe.ts';
import type { Plan, Timetable } from '../scenario/plan.ts';
import { Gates } from './gates.ts';
import type { ServicePolicy } from './service-policy.ts';
import { WARM_SEQ, warmKey } from './warm-up.ts';

export interface LaneOptions {
  readonly run: string;
  readonly clock: Clock;
  readonly timetable: Timetable;
  /** A client of each site that this timetable may use. */
  readonly clients: ReadonlyMap<string, ProbeClient>;
  /** Where operations go that follow no policy. */
  readonly site: string;
  /** Null for a site's own probe, and for the canary. */
  readonly policy: ServicePolicy | null;
  readonly retry: Plan['retry'];
  readonly inFlight: number;
  readonly onRow: (row: Attempt) => void;
}

/** Errors in which the site did its part: it answered, though not rightly. They open no circuit. */
const ANSWERED = new Set(['absent', 'partial', 'corrupt', 'phantom']);

/** What one timetable does with each of its operations: even ones write, odd ones read the last key that the same site acknowledged. */
export class Lane {
  readonly gates = new Gates();
  private readonly options: LaneOptions;
  private readonly running = new Set<Promise<void>>();
  private readonly lastWritten = new Map<string, { key: string; seq: number }>();

  constructor(options: LaneOptions) {
    this.options = options;
  }

  /** Runs operation `k`, or sheds it where too many are in flight. Never rejects. */
  fire(k: number, intendedUs: number): void {
    const { clock, inFlight } = this.options;
    const operation = this.operation(k);
    if (this.running.size >= inFlight) {
      const nowUs = clock.nowUs();
      this.row(operation, k, 1, this.siteNow(), intendedUs, nowUs, nowUs, {
        outcome: 'fail',
        error: 'shed',
        valueSha: '',
      });
      return;
    }
    const work = this.run(operation, k, intendedUs).finally(() => this.running.delete(work));
    this.running.add(work);
  }

  /** Resolves when nothing is in flight. */
  async idle(): Promise<void> {
    await Promise.all(this.running);
  }

  private operation(k: number): ProbeOperation {
    const { run, timetable } = this.options;
    if (isWrite(k)) return { f: 'write', key: writeKey(run, timetable, k), seq: k };
    const site = this.siteNow();
    const last = this.lastWritten.get(site) ?? { key: warmKey(run, timetable, site), seq: WARM_SEQ };
    return { f: 'read', ...last };
  }

  private siteNow(): string {
    return this.options.policy?.site ?? this.options.site;
  }

  private async run(operation: ProbeOperation, k: number, intendedUs: number): Promise<void> {
    const { policy, clock, retry, site } = this.options;
    const mayTry = operation.f === 'write';
    let attempt = 0;
    for (let retried = 0; ; retried += 1) {
      const route = policy ? policy.route(clock.nowUs(), mayTry) : { site, trial: null };
      let ok = false;
      if (!route) {
        const nowUs = clock.nowUs();
        attempt += 1;
        this.row(operation, k, attempt, this.siteNow(), intendedUs, nowUs, nowUs, CIRCUIT_OPEN);
      } else {
        if (route.trial !== null) {
          attempt += 1;
          ok = await this.attempt(operation, k, attempt, route.trial, intendedUs, true);
        }
        if (!ok && route.site !== route.trial) {
          attempt += 1;
          ok = await this.attempt(operation, k, attempt, route.site, intendedUs, false);
        }
      }
      if (ok || !retry || retried >= retry.retries) return;
      await sleep(Math.min(retry.base_us * 2 ** retried, retry.max_us) / 1000);
    }
  }

  private async attempt(
    operation: ProbeOperation,
    k: number,
    attempt: number,
    site: string,
    intendedUs: number,
    trial: boolean,
  ): Promise<boolean> {
    const { clients, clock, timetable, policy } = this.options;
    const client = clients.get(site) as ProbeClient;
    const invokedUs = clock.nowUs();
    const outcome = await this.gates
      .pass(operation, invokedUs, timetable.timeout_us, () => client.invoke(operation, NEVER))
      .catch((error: unknown): ProbeOutcome => {
        process.stderr.write(
          `defect: ${timetable.probe} threw: ${error instanceof Error ? error.stack : String(error)}\n`,
        );
        return { outcome: operation.f === 'write' ? 'info' : 'fail', error: 'defect', valueSha: '' };
      });
    const completedUs = clock.nowUs();
    policy?.report(site, outcome.outcome === 'ok' || ANSWERED.has(outcome.error), trial, completedUs, outcome.error);
    this.row(operation, k, attempt, site, intendedUs, invokedUs, completedUs, outcome);
    if (outcome.outcome === 'ok' && operation.f === 'write') this.acknowledged(site, operation);
    return outcome.outcome === 'ok';
  }

  private acknowledged(site: string, { key, seq }: ProbeOperation): void {
    const known = this.lastWritten.get(site);
    if (!known || known.seq < seq || known.key === warmKey(this.options.run, this.options.timetable, site)) {
      this.lastWritten.set(site, { key, seq });
    }
  }

  private row(
    operation: ProbeOperation,
    index: number,
    attempt: number,
    site: string,
    intendedUs: number,
    invokedUs: number,
    completedUs: number,
    { outcome, error, valueSha }: ProbeOutcome,
  ): void {
    const { probe, service, client } = this.options.timetable;
    const { key, f } = operation;
    this.options.onRow({
      index,
      attempt,
      probe,
      service,
      site,
      client,
      key,
      f,
      intendedUs,
      invokedUs,
      completedUs,
      outcome,
      error,
      valueSha,
    });
  }
}

/** An operation that was sent is waited for until its timeout: nothing else ends it. */
const NEVER = new AbortController().signal;

const CIRCUIT_OPEN: ProbeOutcome = { outcome: 'fail', error: 'circuit-open', valueSha: '' };
