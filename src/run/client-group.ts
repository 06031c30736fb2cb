import type { ClientEvent, Gate } from '../client/protocol.ts';
import { type ClientHandle, spawnClient } from '../client/spawn.ts';
import type { Clock } from '../clock.ts';
import type { EventData } from '../history/event.ts';
import { spawnGenerator } from '../load/generator.ts';
import type { Platform } from '../platform/platform.ts';
import type { Plan, Timetable } from '../scenario/plan.ts';
import { inFlightNeeded } from '../scenario/windows.ts';
import type { Recorder } from './fault-lease.ts';
import { orRejected } from './wait.ts';

/** Between the order to start and operation 0, so that the first is on time. */
const LEAD_US = 300_000;

interface Running {
  readonly timetable: Timetable;
  readonly handle: ClientHandle;
  /** Its position in its client's configuration. */
  readonly position: number;
  readonly ended: PromiseWithResolvers<void>;
}

export interface ClientGroupOptions {
  readonly plan: Plan;
  readonly run: string;
  readonly originNs: string;
  readonly clock: Clock;
  readonly platform: Platform;
  readonly journal: Recorder;
  /** The plan's and the canary's. */
  readonly timetables: readonly Timetable[];
  readonly canarySite: string;
  readonly onRows: (rows: string) => void;
  readonly onMove: (kind: 'failover' | 'failback', move: EventData['failover']) => void;
  /** A client said that it cannot go on, or died. */
  readonly onFailure: (error: Error) => void;
  /** Processor time that a generator of load has used so far, at an instant of its clock. */
  readonly onUsage?: (client: string, usage: { readonly at_us: number; readonly cpu_us: number }) => void;
  /** Another entry than the harness's own: with other probes, for tests. */
  readonly script?: string | undefined;
  /** k6 with our extensions; absent: the plan has no load. */
  readonly generator?: string | undefined;
}

/** The client processes of a run, one for each place where clients are, and the timetables that they run. */
export class ClientGroup implements AsyncDisposable {
  private readonly options: ClientGroupOptions;
  private readonly running: Running[] = [];
  private readonly handles: ClientHandle[] = [];
  /** Events are journaled in the order in which they came. */
  private journaling: Promise<unknown> = Promise.resolve();

  constructor(options: ClientGroupOptions) {
    this.options = options;
    const byProcess = Map.groupBy(options.timetables, ({ client, generator }) => `${client} ${generator ?? ''}`);
    for (const mine of byProcess.values()) {
      const handle = this.spawn(mine);
      handle.ended.catch((error: Error) => options.onFailure(error));
      this.handles.push(handle);
      for (const [position, timetable] of mine.entries()) {
        this.running.push({ timetable, handle, position, ended: Promise.withResolvers() });
      }
    }
  }

  /** The process of timetables that have the same client and generator. */
  private spawn(mine: readonly Timetable[]): ClientHandle {
    const { plan, platform, run, originNs, canarySite, script, generator, onRows } = this.options;
    const [{ client, generator: made }] = mine as readonly [Timetable];
    const needed = Math.max(...mine.map((one) => inFlightNeeded(one.rate, one.timeout_us, plan.retry)));
    // A half-open trial may hold an operation for one timeout more.
    const inFlight = 2 * needed + 64;
    const place = platform.place(client);
    const common = { place, onRows, onEvent: (event: ClientEvent) => this.hear(mine, event) };
    if (made === undefined) {
      const { services, failover, retry } = plan;
      const sites = plan.platform.sites;
      const config = {
        client,
        run,
        originNs,
        sites,
        timetables: mine,
        services,
        failover,
        retry,
        canarySite,
        inFlight,
      };
      return spawnClient({ ...common, script, config });
    }
    if (generator === undefined) throw new Error('a plan with load, and no k6 to make it');
    // A virtual user for each: no more than when nothing answers, and what comes a little after its time-out.
    return spawnGenerator({
      ...common,
      binary: generator,
      plan,
      run,
      originNs,
      client,
      timetables: mine,
      inFlight: Math.ceil(1.25 * needed) + 64,
    });
  }

  /** Tells the generators of load what the run is at. */
  phase(phase: string): void {
    for (const { timetable, handle, position } of this.running) {
      if (timetable.generator && position === 0) handle.send({ type: 'phase', phase });
    }
  }

  async ready(): Promise<void> {
    await Promise.all(this.handles.map((handle) => handle.ready));
  }

  /** Starts timetables, each announced in the journal first; `onStart` learns the instant of its operation 0. */
  async start(wanted: readonly Timetable[], onStart: (timetable: Timetable, startUs: number) => void): Promise<void> {
    const { clock, journal } = this.options;
    const chosen = this.running.filter(({ timetable }) => wanted.includes(timetable));
    const base = clock.nowUs() + LEAD_US + 20_000 * chosen.length;
    for (const [n, { timetable, handle, position }] of chosen.entries()) {
      const { probe, service, site, client, rate, timeout_us, writes } = timetable;
      // Spread over their period: timetables of one rate would all fire at the same instant, and wait for each other.
      const alike = chosen.filter((one) => one.timetable.rate === rate);
      const share = alike.findIndex((one) => one.timetable === timetable) / alike.length;
      const startUs = base + n * 1_700 + Math.floor((share * 1e6) / rate);
      await journal.append('timetable-started', {
        probe,
        service,
        site,
        client,
        start_us: startUs,
        rate,
        timeout_us,
        writes,
      });
      handle.send({ type: 'start', starts: [{ timetable: position, startUs }] });
      onStart(timetable, startUs);
    }
  }

  /** Stops timetables and resolves when nothing of them is in flight and the journal says so. */
  async stop(wanted: readonly Timetable[], signal: AbortSignal): Promise<void> {
    const chosen = this.running.filter(({ timetable }) => wanted.includes(timetable));
    for (const { handle, position } of chosen) handle.send({ type: 'stop', timetables: [position] });
    // A client that dies meanwhile never says that it has stopped.
    await orRejected(Promise.all(chosen.map(({ ended }) => ended.promise)), signal);
  }

  /** Sets the stub at the boundary of a timetable between two instants. */
  gate(timetable: Timetable, gate: Gate, fromUs: number, toUs: number): void {
    const one = this.running.find((running) => running.timetable === timetable);
    one?.handle.send({ type: 'gate', timetable: one.position, gate, fromUs, toUs });
  }

  failback(service: string, to: string): void {
    for (const { timetable, handle } of this.running) {
      if (timetable.service === service) handle.send({ type: 'failback', service, to });
    }
  }

  private hear(mine: readonly Timetable[], event: ClientEvent): void {
    const { journal, onMove, onFailure } = this.options;
    switch (event.type) {
      case 'ready':
        break;
      case 'failed':
        onFailure(new Error(event.message));
        break;
      case 'failover':
      case 'failback':
        onMove(event.type, event.data);
        this.record(() => journal.append(event.type, event.data));
        break;
      case 'stall':
        this.record(() => journal.append('stall', event.data));
        break;
      case 'client':
        this.record(() => journal.append('client', event.data));
        break;
      case 'generator':
        this.record(() => journal.append('generator', event.data));
        break;
      case 'usage':
        this.options.onUsage?.(mine[0]?.client ?? '', event.data);
        break;
      case 'timetable-ended': {
        const running = this.running.find(({ timetable }) => timetable === mine[event.timetable]) as Running;
        const { probe, service, site, client } = running.timetable;
        this.record(async () => {
          await journal.append('timetable-ended', { probe, service, site, client, last: event.last });
          running.ended.resolve();
        });
      }
    }
  }

  private record(write: () => Promise<unknown>): void {
    this.journaling = this.journaling.then(write).catch((error: Error) => this.options.onFailure(error));
  }

  /** Ends every client; what they say last is journaled. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const handle of this.handles) handle.send({ type: 'end' });
    await Promise.all(this.handles.map((handle) => handle[Symbol.asyncDispose]()));
    await this.journaling;
  }
}
