/** The client process: schedules and sends the operations of one place. See `protocol.ts`. */
import { createInterface } from 'node:readline';
import { monotonicClock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { formatAttempt } from '../history/history-csv.ts';
import type { Attempt } from '../history/operation.ts';
import type { ProbeClient, ProbeType } from '../probes/probe.ts';
import { probeType } from '../probes/registry.ts';
import type { Timetable } from '../scenario/plan.ts';
import { Lane } from './lane.ts';
import { writeAll } from './pipes.ts';
import type { ClientCommand, ClientConfig, ClientEvent } from './protocol.ts';
import { Scheduler } from './scheduler.ts';
import { SelfMeasure } from './self-measure.ts';
import { ServicePolicy } from './service-policy.ts';
import { warmKey, warmUp } from './warm-up.ts';

const FLUSH_MS = 40;
const READY_MS = 120_000;

/** Obeys commands until it is told to end. When its standard input ends first, it stops at once: it never outlives its harness. */
export async function runClient(probes: ReadonlyMap<string, ProbeType>): Promise<void> {
  // Ctrl-C reaches the whole group; the runner decides what becomes of it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  const tell = (event: ClientEvent): void => writeAll(3, `${JSON.stringify(event)}\n`);
  const broken = (error: unknown): void => {
    process.stderr.write(`defect: ${error instanceof Error ? error.stack : String(error)}\n`);
    tell({ type: 'failed', message: `defect in a client: ${messageOf(error)}` });
  };
  process.on('uncaughtException', broken);
  process.on('unhandledRejection', broken);

  let session: Session | null = null;
  const ended = Promise.withResolvers<void>();
  let ending = false;
  const lines = createInterface({ input: process.stdin });
  // Not by iteration: an order to end must count before the end of the pipe that follows it.
  lines.on('line', (line) => {
    const command = JSON.parse(line) as ClientCommand;
    if (command.type === 'configure') {
      session = new Session(command.config, probes, tell);
      session.connect().then(
        () => tell({ type: 'ready' }),
        (error: unknown) => tell({ type: 'failed', message: messageOf(error) }),
      );
    } else if (command.type === 'end') {
      ending = true;
      (session?.end() ?? Promise.resolve()).then(ended.resolve, ended.reject);
    } else {
      session?.obey(command);
    }
  });
  lines.once('close', () => {
    if (ending) return;
    session?.flush();
    ended.resolve();
  });
  await ended.promise;
}

class Session {
  private readonly config: ClientConfig;
  private readonly probes: ReadonlyMap<string, ProbeType>;
  private readonly tell: (event: ClientEvent) => void;
  private readonly clock;
  private readonly scheduler: Scheduler;
  private readonly measure: SelfMeasure;
  private readonly policies = new Map<string, ServicePolicy>();
  private readonly lanes: Lane[] = [];
  private readonly clients: ProbeClient[] = [];
  private readonly started = new Set<number>();
  private rows: Attempt[] = [];

  constructor(config: ClientConfig, probes: ReadonlyMap<string, ProbeType>, tell: (event: ClientEvent) => void) {
    this.config = config;
    this.probes = probes;
    this.tell = tell;
    this.clock = monotonicClock(BigInt(config.originNs));
    this.scheduler = new Scheduler(this.clock);
    this.measure = new SelfMeasure(config.client, this.clock, (data) => tell({ type: 'stall', data }));
    setInterval(() => this.flush(), FLUSH_MS);
  }

  /** Connects every driver that a timetable may use, one for each site, and warms each up. */
  async connect(): Promise<void> {
    const signal = AbortSignal.timeout(READY_MS);
    const { run, services, failover, retry, inFlight } = this.config;
    for (const timetable of this.config.timetables) {
      const service = services[timetable.service];
      const sites = service?.sites ?? [timetable.site || this.config.canarySite];
      const clients = new Map<string, ProbeClient>();
      for (const name of sites) clients.set(name, await this.connectTo(timetable, name, signal));
      const policy = service
        ? new ServicePolicy(timetable.service, sites, failover, (type, data) => this.tell({ type, data }))
        : null;
      if (policy) this.policies.set(timetable.service, policy);
      const onRow = (row: Attempt): void => void this.rows.push(row);
      const [site = ''] = sites;
      // Only a service's clients try again: a canary's outage, or that of a site, would be hidden behind a few tries.
      const tries = service ? retry : null;
      const lane = { run, clock: this.clock, timetable, clients, site, policy, retry: tries, inFlight, onRow };
      this.lanes.push(new Lane(lane));
    }
  }

  private async connectTo(timetable: Timetable, name: string, signal: AbortSignal): Promise<ProbeClient> {
    const site = this.config.sites.find((one) => one.name === name);
    if (!site) throw new Error(`no site ${name}`);
    const { run } = this.config;
    const context = { run, site, timeoutUs: timetable.timeout_us, params: timetable.params };
    const client = await probeType(this.probes, timetable.probe).connect(context, signal);
    this.clients.push(client);
    await warmUp(client, (seq) => warmKey(run, timetable, name, seq), signal).catch((error: unknown) => {
      throw new Error(`${timetable.probe} in ${name} (client ${this.config.client})`, { cause: error });
    });
    return client;
  }

  obey(command: Exclude<ClientCommand, { type: 'configure' } | { type: 'end' }>): void {
    switch (command.type) {
      case 'start':
        for (const { timetable, startUs } of command.starts) this.start(timetable, startUs);
        break;
      case 'stop':
        for (const timetable of command.timetables) void this.stop(timetable);
        break;
      case 'gate':
        this.lanes[command.timetable]?.gates.add(command.gate, command.fromUs, command.toUs);
        break;
      case 'failback':
        this.policies.get(command.service)?.moveTo(command.to, this.clock.nowUs(), 'moved back by the operator');
        break;
    }
  }

  private start(index: number, startUs: number): void {
    const lane = this.lanes[index] as Lane;
    const { rate } = this.config.timetables[index] as Timetable;
    this.started.add(index);
    this.scheduler.start(index, startUs, rate, (k, intended) => {
      this.measure.fired(intended);
      lane.fire(k, intended);
    });
  }

  private async stop(index: number): Promise<void> {
    if (!this.started.delete(index)) return;
    const last = this.scheduler.stop(index);
    await this.lanes[index]?.idle();
    this.flush();
    this.tell({ type: 'timetable-ended', timetable: index, last });
  }

  /** Whatever still runs is stopped first: an operation of a driver that is being closed would fail by our own doing. */
  async end(): Promise<void> {
    await Promise.all([...this.started].map((index) => this.stop(index)));
    await Promise.all(this.lanes.map((lane) => lane.idle()));
    this.flush();
    this.measure.endStall();
    this.tell({ type: 'client', data: this.measure.summary() });
    await Promise.all(this.clients.map((client) => client[Symbol.asyncDispose]()));
  }

  /** Hands over the rows that wait. */
  flush(): void {
    if (this.rows.length === 0) return;
    const rows = this.rows;
    this.rows = [];
    process.stdout.write(rows.map(formatAttempt).join(''));
  }
}
