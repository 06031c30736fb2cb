import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Component, ComponentState, Endpoint, PlatformFacts } from '../platform/platform.ts';
import { FakePlatform } from '../platform/testing-platform.ts';
import { PLATFORM } from '../scenario/fixtures.ts';
import type { SiteAnswer, SiteRequest } from './testing-site-probe.ts';

/** How often what was written at one site is handed to the others. */
const LAG_MS = 20;

/**
 * One site's store behind a socket of its own: acknowledges what it has, and hands it to the others later, or when they are there again. Off,
 * it refuses connections and keeps its rows, as a killed database with its disk.
 */
class FakeSite {
  readonly name: string;
  readonly rows = new Map<string, string>();
  /** Written here and not yet handed to the others. */
  readonly pending = new Set<string>();
  deadly = (): boolean => false;
  removalMs = (): number => 0;
  /** It takes connections and answers nothing, until it ends. */
  stuck = false;
  port = 0;
  private server: Server | null = null;
  private readonly sockets = new Set<Socket>();

  constructor(name: string) {
    this.name = name;
  }

  get on(): boolean {
    return this.server !== null;
  }

  async turnOn(): Promise<void> {
    if (this.server) return;
    const server = createServer({ noDelay: true }, (socket) => this.serve(socket));
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', () => resolve());
    });
    this.port = (server.address() as { port: number }).port;
  }

  turnOff(): void {
    this.stuck = false;
    this.server?.close();
    this.server = null;
    for (const socket of this.sockets) socket.destroy();
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    const lines = createInterface({ input: socket }).on('line', (line) => {
      if (this.stuck) return;
      const request = JSON.parse(line) as SiteRequest;
      const answer: SiteAnswer = {
        id: request.id,
        deadly: this.deadly(),
        found: request.keys.map((key) => this.answer(request, key)),
      };
      const say = (): void => void socket.write(`${JSON.stringify(answer)}\n`);
      if (request.op === 'remove' && this.removalMs() > 0) setTimeout(say, this.removalMs());
      else say();
    });
    // An interface emits its input's errors again.
    lines.on('error', () => {});
  }

  private answer({ op, value }: SiteRequest, key: string): string | null {
    if (op === 'write') {
      this.rows.set(key, value);
      this.pending.add(key);
    }
    if (op === 'remove') {
      this.rows.delete(key);
      this.pending.delete(key);
    }
    return this.rows.get(key) ?? null;
  }
}

/**
 * A platform whose sites are stores in this process that real client processes reach through sockets, for tests of the runner: everything but the
 * database is what it is in a run. What is known of it (which rows were not handed over when a site ended) is the truth that a report is held against.
 */
export class SitesPlatform extends FakePlatform implements AsyncDisposable {
  readonly sites: readonly FakeSite[];
  /** Keys that a site had acknowledged and nobody else had when it ended. */
  readonly stranded = new Map<string, readonly string[]>();
  /** True: who asks for anything ends by itself, as a process that runs out of memory. */
  deadly = false;
  /** False: what is written at one site stays there for now. */
  handing = true;
  /** Rows of each site, by the name of a backup. */
  readonly copies = new Map<string, ReadonlyMap<string, ReadonlyMap<string, string>>>();
  /** Keys that are in no copy that is served. */
  missing: readonly string[] = [];
  private served: FakeSite | null = null;
  /** How long a removal takes. */
  removalMs = 0;
  private readonly timer: NodeJS.Timeout;

  private constructor(sites: readonly FakeSite[]) {
    super();
    this.sites = sites;
    this.timer = setInterval(() => this.handOver(), LAG_MS);
  }

  static async start(): Promise<SitesPlatform> {
    const sites = PLATFORM.sites.map(({ name }) => new FakeSite(name));
    for (const site of sites) await site.turnOn();
    const platform = new SitesPlatform(sites);
    for (const site of sites) {
      site.deadly = () => platform.deadly;
      site.removalMs = () => platform.removalMs;
    }
    return platform;
  }

  override facts(): PlatformFacts {
    return {
      ...PLATFORM,
      sites: PLATFORM.sites.map((site, number) => {
        const endpoint = { host: '127.0.0.1', port: this.sites[number]?.port ?? 0 };
        return { ...site, endpoints: { cassandra: [endpoint], janusgraph: [endpoint] } };
      }),
    };
  }

  /** Rows vanish everywhere, as nothing that a platform should do. */
  lose(keys: readonly string[]): void {
    for (const { rows, pending } of this.sites) {
      for (const key of keys) {
        rows.delete(key);
        pending.delete(key);
      }
    }
  }

  site(name: string): FakeSite {
    return this.sites.find((site) => site.name === name) as FakeSite;
  }

  override set(name: string, components: readonly Component[], state: ComponentState['state']): void {
    super.set(name, components, state);
    const site = this.site(name);
    if (!components.includes('cassandra')) return;
    if (state === 'ready') void site.turnOn();
    else {
      this.stranded.set(name, [...site.pending]);
      site.turnOff();
    }
  }

  /** What was acknowledged elsewhere has arrived by then, as it has before a real snapshot, which begins seconds after the order for it. */
  override copyData(name: string): void {
    this.handOver();
    this.copies.set(name, new Map(this.sites.map((site) => [site.name, new Map(site.rows)])));
  }

  override async openCopy(name: string, site: string): Promise<Endpoint> {
    const copy = new FakeSite('copy');
    for (const [key, value] of this.copies.get(name)?.get(site) ?? []) copy.rows.set(key, value);
    for (const key of this.missing) copy.rows.delete(key);
    await copy.turnOn();
    this.served = copy;
    return { host: '127.0.0.1', port: copy.port };
  }

  override closeCopy(id: string): void {
    super.closeCopy(id);
    this.served?.turnOff();
    this.served = null;
  }

  override putData(names: readonly string[], copy: string | null): void {
    for (const name of names) {
      const { rows, pending } = this.site(name);
      rows.clear();
      pending.clear();
      for (const [key, value] of this.copies.get(copy ?? '')?.get(name) ?? []) rows.set(key, value);
    }
  }

  /** A site that is off hands over nothing, and nothing is forgotten for one that is. */
  private handOver(): void {
    if (!this.handing) return;
    for (const from of this.sites.filter(({ on }) => on)) {
      const others = this.sites.filter((site) => site !== from);
      for (const key of from.pending) {
        const value = from.rows.get(key);
        for (const to of others) if (to.on && value !== undefined) to.rows.set(key, value);
        if (others.every(({ on }) => on)) from.pending.delete(key);
      }
    }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.timer);
    for (const site of this.sites) site.turnOff();
    this.served?.turnOff();
  }
}
