import { mkdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { servedWrite } from '../client/reader-protocol.ts';
import { suspendedUs } from '../client/self-measure.ts';
import type { ReaderHandle } from '../client/spawn.ts';
import { spawnReader } from '../client/spawn.ts';
import { type Clock, monotonicClock } from '../clock.ts';
import type { Observation } from '../faults/fault.ts';
import { faultType } from '../faults/registry.ts';
import type { CsvWriter } from '../history/csv-writer.ts';
import type { Authorisation, Phase } from '../history/event.ts';
import { openHistoryWriter, parseAttempt } from '../history/history-csv.ts';
import { type Journal, openJournal } from '../history/journal.ts';
import { CANARY_SERVICE } from '../history/operation.ts';
import { formatReadBackRow, openReadBackWriter } from '../history/read-back-csv.ts';
import type { Platform } from '../platform/platform.ts';
import type { ExpectedWrite } from '../probes/probe.ts';
import { PROBES } from '../probes/registry.ts';
import { OUTSIDE, type Plan, type PlannedFault } from '../scenario/plan.ts';
import { struckSites } from '../scenario/struck-sites.ts';
import { VERSION } from '../version.ts';
import { CameAcross } from './came-across.ts';
import { canarySite, canaryTimetables } from './canary.ts';
import { ClientGroup } from './client-group.ts';
import { Detection } from './detection.ts';
import { FaultLease } from './fault-lease.ts';
import { LiveRecord } from './live-record.ts';
import { LiveTimetable } from './live-timetable.ts';
import { readCpu } from './machine.ts';
import { targetsAt } from './reading.ts';
import type { ComponentOfSite } from './restart.ts';
import type { RunDirectory } from './run-directory.ts';
import { Usage } from './usage.ts';
import { orRejected } from './wait.ts';

const PATIENCE_MS = 300_000;
/** What the platform does by itself that belongs to the record. */
const TOLD: ReadonlySet<string> = new Set(['component-died', 'component-stuck', 'dead-man']);

/** What a person who watches is told. */
export interface Progress {
  readonly phase: Phase | null;
  readonly text: string;
}

/** Other entries of the run's processes than the harness's own, with other probes, for tests; and k6, where the plan has load. */
export interface Programs {
  readonly client?: string | undefined;
  readonly reader?: string | undefined;
  readonly generator?: string | undefined;
}

/** Everything that a run holds open: its record, its processes, its faults. What must be closed or healed is closed by `close`, what must be healed is healed before (`heal`). */
export class Session {
  readonly plan: Plan;
  readonly directory: RunDirectory;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly live: LiveRecord;
  readonly canaries: readonly LiveTimetable[];
  readonly cameAcross = new CameAcross();
  readonly leases: FaultLease[] = [];
  /** What stands in the register beside the faults. */
  readonly beside = new Set<string>();
  /** Faults whose restore from a backup is in the journal. */
  readonly restoredSaid = new Set<string>();
  /** What proved that a site serves, by probe. It stays until the cleanup: nothing is deleted while a site is down. */
  readonly proofs = new Map<string, ExpectedWrite[]>();
  /** What did not serve where a fault was, when that was last asked, by fault. */
  readonly silent = new Map<string, readonly ComponentOfSite[]>();
  /** What was restarted because it did not serve, each only once, by its name: why that failed, or null. */
  readonly restarted = new Map<string, string | null>();
  readonly moves: { service: string; fromUs: number; toUs: number }[] = [];
  readonly say: (progress: Progress) => void;
  /** How long what is undone may take to serve by itself, and how long undoing everything may take once the run is over. */
  readonly patienceMs: number;
  /** Aborts when something that the measurement needs is broken: a client, the journal. */
  readonly broken = new AbortController();
  journal!: Journal;
  reader!: ReaderHandle;
  clients!: ClientGroup;
  phaseNow: Phase | null = null;
  private detection: Detection | null = null;
  private usage: Usage | null = null;
  private readonly programs: Programs;
  private readonly originNs = process.hrtime.bigint();
  private readonly suspendedAtStartUs = suspendedUs();
  private history!: CsvWriter<never>;
  private readBackRows!: CsvWriter<never>;
  private cpuAtStart = readCpu();
  private startedUs = 0;
  private unheard: () => void = () => {};

  constructor(
    plan: Plan,
    directory: RunDirectory,
    platform: Platform,
    say: (progress: Progress) => void,
    programs: Programs = {},
    patienceMs = PATIENCE_MS,
  ) {
    this.plan = plan;
    this.patienceMs = patienceMs;
    this.programs = programs;
    this.directory = directory;
    this.platform = platform;
    this.say = say;
    this.clock = monotonicClock(this.originNs);
    this.live = new LiveRecord(plan);
    this.canaries = canaryTimetables(plan).map((timetable) => new LiveTimetable(timetable, null));
  }

  /** Opens the record; the run exists from here on. */
  async open(authorisation: Authorisation | null = null, operators?: readonly string[]): Promise<void> {
    const { path, run, intentSha256 } = this.directory;
    this.journal = await openJournal(join(path, 'journal.ndjson'), intentSha256, this.clock);
    this.history = (await openHistoryWriter(join(path, 'history.csv'))) as CsvWriter<never>;
    this.readBackRows = (await openReadBackWriter(join(path, 'read-back.csv'))) as CsvWriter<never>;
    await this.journal.append('run-started', {
      run,
      scenario: this.plan.scenario.name,
      harness: VERSION,
      node: process.version,
      ...(operators && { operators }),
      ...(authorisation && { authorisation }),
    });
    await this.journalClock('start');
    this.unheard = this.platform.onEvent(({ type, data }) => this.heard(type, String(data)));
    this.reader = this.readerAt(
      OUTSIDE,
      (rows) => void this.readBackRows.write(rows).catch((error: Error) => this.breakOff(error)),
    );
  }

  /** A reader of its own where the clients of `client` are; `onRows` gets its rows. */
  readerAt(client: string, onRows: (rows: string) => void): ReaderHandle {
    return spawnReader({
      place: this.platform.place(client),
      script: this.programs.reader,
      config: { run: this.directory.run, originNs: String(this.originNs) },
      onRows,
    });
  }

  /** When the first fault was requested; null: none was. */
  firstFaultUs(): number | null {
    return this.leases.find(({ requested }) => requested)?.requestedUs ?? null;
  }

  startClients(): void {
    const { plan, platform, clock, journal } = this;
    if (plan.timetables.some(({ generator }) => generator !== undefined)) {
      this.usage = new Usage(platform, clock, (usage) => void journal.append('usage', usage).catch(() => {}));
    }
    this.clients = new ClientGroup({
      plan: this.plan,
      run: this.directory.run,
      originNs: String(this.originNs),
      clock: this.clock,
      platform: this.platform,
      script: this.programs.client,
      generator: this.programs.generator,
      journal: this.journal,
      timetables: [...this.plan.timetables, ...this.canaries.map(({ timetable }) => timetable)],
      canarySite: canarySite(this.plan),
      onRows: (rows) => this.addRows(rows),
      onMove: (kind, move) => {
        this.say({
          phase: this.phaseNow,
          text: `${move.service}: ${kind} from ${move.from} to ${move.to} (${move.reason})`,
        });
        if (kind === 'failback') {
          this.live.returned(move.service, move.to);
          const open = this.moves.findLast(({ service }) => service === move.service);
          if (open) open.toUs = this.clock.nowUs();
          return;
        }
        this.live.moved(move.service, move.from, move.to);
        this.moves.push({ service: move.service, fromUs: move.decided_us, toUs: Number.POSITIVE_INFINITY });
      },
      onUsage: (client, { cpu_us }) => this.usage?.generator(client, cpu_us),
      onFailure: (error) => this.breakOff(error),
    });
  }

  async phase(phase: Phase, text: string): Promise<void> {
    await this.journal.append('phase', { phase });
    this.phaseNow = phase;
    this.clients?.phase(phase);
    this.say({ phase, text });
  }

  lease(planned: PlannedFault): FaultLease {
    const bound = faultType(planned.type).bind(planned, this.platform);
    const lease = new FaultLease(planned, bound, {
      run: this.directory.run,
      clock: this.clock,
      journal: this.journal,
      register: this.platform.register,
      recover: this.platform.recover,
      served: (fault, signal) => this.served(fault, signal),
    });
    this.leases.push(lease);
    return lease;
  }

  /** Whether every probe's write and read are served at each site of the fault. */
  private async served(fault: PlannedFault, signal: AbortSignal): Promise<Observation> {
    const said: Record<string, string> = {};
    // Who is asked and has not answered yet may never do.
    const silent: ComponentOfSite[] = [];
    this.silent.set(fault.id, silent);
    let all = true;
    const sites = struckSites(fault);
    for (const target of sites.flatMap((site) => targetsAt(this.plan, site))) {
      const proofs = this.proofs.get(target.probe) ?? [];
      this.proofs.set(target.probe, proofs);
      const write = servedWrite(this.directory.run, proofs.length);
      proofs.push(write);
      const component = PROBES.get(target.probe)?.component;
      if (component) silent.push({ site: target.site.name, component });
      const { served = false, detail = '' } = await this.reader.run({ type: 'served', target, write }, signal);
      if (served && component) silent.pop();
      const who = sites.length === 1 ? target.probe : `${target.probe} at ${target.site.name}`;
      // Of a probe with several sets of parameters, all of them.
      said[who] = who in said ? `${said[who]}; ${detail}` : detail;
      all &&= served;
    }
    return { state: all ? 'none' : 'partial', observed: said };
  }

  /** Resolves when every detector of the plan is at work; they are until the record is closed. */
  async startDetection(signal: AbortSignal): Promise<void> {
    this.detection = new Detection(this);
    await orRejected(this.detection.ready(), signal);
  }

  /** The last entries of the record; every process ended, every file on disk. */
  async close(outcome: 'completed' | 'aborted' | 'failed', reason: string): Promise<void> {
    this.unheard();
    this.usage?.[Symbol.dispose]();
    await this.detection?.[Symbol.asyncDispose]();
    await this.clients?.[Symbol.asyncDispose]();
    await this.reader?.[Symbol.asyncDispose]();
    const phantoms = this.cameAcross.phantoms([...this.live.timetables, ...this.canaries]);
    await this.readBackRows.write(phantoms.map(formatReadBackRow).join(''));
    await this.history.close();
    await this.readBackRows.close();
    await this.journalClock('end');
    const cpu = readCpu();
    const total = Math.max(1, cpu.total - this.cpuAtStart.total);
    await this.journal.append('machine', {
      from_us: this.startedUs,
      to_us: this.clock.nowUs(),
      steal: (cpu.steal - this.cpuAtStart.steal) / total,
      busy: 1 - (cpu.idle - this.cpuAtStart.idle) / total,
      load1: loadavg()[0] as number,
    });
    await this.journal.append('run-ended', { outcome, reason });
    await this.journal.close();
    if (outcome !== 'completed') {
      const logs = join(this.directory.path, 'logs');
      mkdirSync(logs, { recursive: true });
      await this.platform.keepLogs(logs).catch(() => {});
    }
  }

  /** What was measured may be the platform's doing. */
  private heard(kind: string, what: string): void {
    if (!TOLD.has(kind)) return;
    this.say({ phase: this.phaseNow, text: `${kind}: ${what}` });
    const fault = kind === 'component-died' ? this.deadlyTo(what) : undefined;
    const event = fault ? { kind: 'died-of-fault', what: `${what}, of ${fault.planned.id}` } : { kind, what };
    this.journal.append('platform-event', event).catch(() => {});
  }

  /** The fault in force of which a component, named as `site component/node`, may die. */
  private deadlyTo(what: string): FaultLease | undefined {
    return this.leases.find(({ planned, requested, gone }) => {
      const deadly = faultType(planned.type).deadly ?? [];
      return requested && !gone && deadly.some((component) => what.startsWith(`${planned.site} ${component}/`));
    });
  }

  breakOff(error: Error): void {
    this.broken.abort(error);
  }

  private addRows(rows: string): void {
    this.history.write(rows).catch((error: Error) => this.breakOff(error));
    for (const line of rows.split('\n')) {
      if (line === '' || line === '\r') continue;
      const row = parseAttempt(line);
      if (row.service !== CANARY_SERVICE) this.live.add(row);
      else
        this.canaries
          .find(({ timetable }) => timetable.probe === row.probe && timetable.client === row.client)
          ?.add(row);
    }
  }

  private async journalClock(at: 'start' | 'end'): Promise<void> {
    const before = this.clock.nowUs();
    const wallUs = Date.now() * 1000;
    const after = this.clock.nowUs();
    this.startedUs ||= before;
    await this.journal.append('clock', {
      offset_us: wallUs - Math.round((before + after) / 2),
      // The wall clock is read in whole milliseconds.
      bound_us: 1_000 + Math.ceil((after - before) / 2),
      // Boot time has a resolution of 10 ms, read twice.
      suspended_us: Math.max(0, suspendedUs() - this.suspendedAtStartUs - 20_000),
      at,
    });
  }
}
