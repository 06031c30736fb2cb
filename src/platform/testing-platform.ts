import type { Json } from '../history/event.ts';
import { PLATFORM } from '../scenario/fixtures.ts';
import type { QuotaState, SignInState } from './api.ts';
import type { CorruptIndex, LostData } from './backups.ts';
import type { CompactionState, CpuState, DiskSpeedState, MemoryState, RunawayState } from './lasting.ts';
import type { NameFailure, NameServerState } from './names.ts';
import {
  ANY_PEER,
  type ClockState,
  type Component,
  type ComponentState,
  type Endpoint,
  type LineDelay,
  type LoopState,
  type PacketRule,
  type Platform,
  type ProcessTarget,
  type RuleCounter,
  type RunLock,
} from './platform.ts';
import type { DamageState, DiskState, GraphDamage, TableDamage } from './storage.ts';
import { backupAbilities, endCorruption, endLoss, snapshotAbilities } from './testing-backups.ts';
import type { TopicState } from './topics.ts';
import {
  doUndo,
  type FaultRegister,
  type RegisteredFault,
  type Undo,
  type UndoResult,
  type UndoTable,
} from './undo.ts';

const RUNAWAY = { workers: 32, timedOut: 0, failed: 0, lastFailure: '', ending: false };
const HELD = {
  automatic: ['not running'],
  pending: 0,
  most: { table: 'drill.ledger', sstables: 14, before: 2 },
  flushes: 12,
  ending: false,
};
const UNLIMITED = { limitBytes: null, usedBytes: 1_000, reclaims: 0, killed: 0 };

/** What is in force is what stands here, by id. */
const lasting = (standing: Map<string, unknown>) => ({
  inForce: async (): Promise<readonly string[]> => [...standing.keys()],
  mend: async (id: string): Promise<void> => void standing.delete(id),
});
const everything = (site: string): readonly PacketRule[] =>
  (['in', 'out'] as const).map((direction) => ({ site, direction, peers: [ANY_PEER] }));

/**
 * A platform in memory, for tests of what stands on platforms: three sites with both components. Every packet rule drops a packet each time it is
 * looked at. `log` has what was asked of it, in order; `fails` makes an undo of this kind fail.
 */
export class FakePlatform implements Platform {
  readonly recover = 'npm run drill -- recover';
  readonly credentials = {};
  readonly log: string[] = [];
  readonly rules = new Map<string, readonly PacketRule[]>();
  /** How often something happened, by id of its loop. */
  readonly looping = new Map<string, Record<string, number>>();
  /** How much is damaged, by id. */
  readonly damaged = new Map<string, number>();
  /** Names of backups that were taken. */
  readonly taken = new Set<string>();
  /** Sites restored beside the platform, by id. */
  readonly copied = new Map<string, string>();
  /** What data was lost, and is or was restored, by id. */
  readonly lost = new Map<string, LostData>();
  /** Indexes that are corrupt, or were and have been restored, by id. */
  readonly corrupted = new Map<string, CorruptIndex>();
  /** Name servers that fail, by id. */
  readonly nameless = new Map<string, { readonly site: string; readonly how: NameFailure }>();
  /** Sites whose disks are full, by id. */
  readonly filled = new Map<string, string>();
  /** Whose clocks are how far ahead, in ms, by id. */
  readonly ahead = new Map<string, { readonly site: string; readonly ms: number }>();
  /** Queries, sites that do not compact and limits of memory in force, by id. */
  readonly queries = new Map<string, RunawayState>();
  readonly held = new Map<string, CompactionState>();
  readonly limits = new Map<string, ProcessTarget>();
  /** Sites whose disks are slow, by id. */
  readonly slow = new Map<string, { readonly site: string; readonly writeBps: number | null }>();
  readonly quotasOfCpu = new Map<string, { readonly target: ProcessTarget; readonly cores: number }>();
  /** Topics that are closed; sites whose quotas are used up, and whose clients are locked out, by id. */
  readonly closing = new Map<string, TopicState>();
  readonly floods = new Map<string, readonly string[]>();
  readonly lockedOut = new Map<string, readonly string[]>();
  readonly states: ComponentState[];
  readonly registered = new Map<string, RegisteredFault>();
  fails: Undo['kind'] | null = null;
  /** False: rules are there and drop nothing. */
  traffic = true;
  locked = false;
  private packets = 0;

  constructor() {
    const components: readonly Component[] = ['cassandra', 'janusgraph'];
    this.states = PLATFORM.sites.flatMap(({ name: site }) =>
      components.map((component) => ({ site, component, node: 0, state: 'ready' as const, pid: 1 })),
    );
  }

  facts(): typeof PLATFORM {
    return PLATFORM;
  }

  readonly abilities = {
    network: {
      filter: async (id: string, rules: readonly PacketRule[]): Promise<void> => {
        this.log.push(`filter ${id}`);
        this.rules.set(id, rules);
      },
      observe: async (id: string): Promise<readonly RuleCounter[]> => {
        this.packets += this.traffic ? 1 : 0;
        return (this.rules.get(id) ?? []).flatMap(({ site, direction, peers }) =>
          peers.map((peer) => ({ site, direction, peer, packets: this.packets })),
        );
      },
      ...lasting(this.rules),
    },
    packets: {
      filter: async (id: string, rules: readonly PacketRule[]): Promise<void> => {
        this.log.push(`filter ${id}`);
        this.rules.set(id, rules);
      },
    },
    bandwidth: {
      narrow: async (id: string, site: string, bitsPerSecond: number): Promise<void> => {
        this.log.push(`narrow ${site} to ${bitsPerSecond}`);
        this.rules.set(id, everything(site));
      },
    },
    processes: {
      end: async ({ site, components }: ProcessTarget, graceMs: number): Promise<void> => {
        this.log.push(`end ${site} ${components.join(' ')} within ${graceMs} ms`);
        this.set(site, components, 'stopped');
      },
      observe: async (): Promise<readonly ComponentState[]> => this.states,
    },
    pausing: {
      pause: async ({ site, components }: ProcessTarget): Promise<void> => {
        this.log.push(`pause ${site} ${components.join(' ')}`);
        this.set(site, components, 'paused');
      },
    },
    restarts: {
      restart: async (id: string, { site, components }: ProcessTarget, graceMs: number): Promise<void> => {
        this.log.push(`restart ${site} ${components.join(' ')} within ${graceMs} ms`);
        for (const state of ['stopped', 'ready'] as const) this.set(site, components, state);
        this.loop(id, site, components);
      },
      observe: async (): Promise<readonly LoopState[]> =>
        [...this.looping].map(([id, counts]) => ({ id, counts, broken: [] })),
    },
    loops: {
      crash: async (
        id: string,
        { site, components }: ProcessTarget,
        { graceMs, againMs }: { graceMs: number; againMs: number },
      ): Promise<void> => {
        const again = `again ${againMs} ms after it is ready`;
        this.log.push(`crash ${site} ${components.join(' ')} within ${graceMs} ms, ${again}`);
        this.loop(id, site, components);
      },
      starve: async (id: string, { site, components }: ProcessTarget, share: number): Promise<void> => {
        this.log.push(`starve ${site} ${components.join(' ')} to ${share}`);
        this.loop(id, site, components);
      },
      observe: async (): Promise<readonly LoopState[]> =>
        [...this.looping].map(([id, counts]) => ({ id, counts, broken: [] })),
      ...lasting(this.looping),
    },
    disks: {
      fill: async (id: string, site: string): Promise<void> => {
        this.log.push(`fill ${site}`);
        this.filled.set(id, site);
      },
      observe: async (): Promise<readonly DiskState[]> =>
        PLATFORM.sites.map(({ name: site }) => {
          const filled = [...this.filled.values()].includes(site);
          return { site, node: 0, filled, freeBytes: filled ? 0 : 1_000_000 };
        }),
      ...lasting(this.filled),
    },
    ...backupAbilities(this),
    ...snapshotAbilities(this),
    topics: {
      unload: async (id: string, site: string, everyMs: number): Promise<void> => {
        this.log.push(`close the topics of ${site} every ${everyMs} ms`);
        this.closing.set(id, { id, site, topics: 2, closed: 2, rounds: 3, agoMs: 100, failure: '' });
      },
      observe: async (): Promise<readonly TopicState[]> => [...this.closing.values()],
      ...lasting(this.closing),
    },
    quotas: {
      exhaust: async (id: string, sites: readonly string[]): Promise<void> => {
        this.log.push(`use up the quotas of ${sites.join(' ')}`);
        this.floods.set(id, sites);
      },
      observe: async (): Promise<readonly QuotaState[]> =>
        [...this.floods].flatMap(([id, sites]) =>
          sites.map((site) => ({ id, site, clients: 3, limited: this.traffic ? 3 : 2, requests: 301 })),
        ),
      ...lasting(this.floods),
    },
    signIn: {
      revoke: async (id: string, sites: readonly string[]): Promise<void> => {
        this.log.push(`lock the clients of ${sites.join(' ')} out`);
        this.lockedOut.set(id, sites);
      },
      observe: async (sites: readonly string[]): Promise<readonly SignInState[]> => {
        const out = [...this.lockedOut.values()].flat();
        return sites.map((site) => ({ site, status: out.includes(site) ? 401 : 200 }));
      },
      ...lasting(this.lockedOut),
    },
    storage: {
      corrupt: async (id: string, site: string, { keyspace, table, places }: TableDamage): Promise<void> => {
        this.log.push(`corrupt ${places} places of ${keyspace}.${table} at ${site}`);
        this.damaged.set(id, places);
      },
      damageGraph: async (id: string, site: string, { what, count }: GraphDamage): Promise<void> => {
        this.log.push(`take ${what} of ${count} away through ${site}`);
        this.damaged.set(id, count);
      },
      observe: async (id: string): Promise<DamageState | null> => {
        const of = this.damaged.get(id);
        return of === undefined ? null : { damaged: of, of, what: `${of} of ${of}` };
      },
      ...lasting(this.damaged),
    },
    netem: {
      delay: async (id: string, site: string, { delayUs, jitterUs, correlation }: LineDelay): Promise<void> => {
        this.log.push(`delay ${site} by ${delayUs} us, ${jitterUs} us more or less, correlated ${correlation}`);
        this.rules.set(id, everything(site));
      },
    },
    names: {
      fail: async (id: string, site: string, how: NameFailure): Promise<void> => {
        this.log.push(`fail names of ${site}: ${how}`);
        this.nameless.set(id, { site, how });
      },
      observe: async (site: string): Promise<NameServerState> => {
        const failing = [...this.nameless.values()].find((one) => one.site === site)?.how ?? null;
        this.packets += this.traffic ? 1 : 0;
        const asked = ['outside', site].map((from) => ({
          from,
          name: `cassandra-0.${site}`,
          answer: failing ?? '10.0.0.1',
          right: failing === null,
        }));
        return { failing, failed: failing ? this.packets : 0, asked };
      },
      ...lasting(this.nameless),
    },
    clocks: {
      set: async (id: string, site: string, ms: number): Promise<void> => {
        this.log.push(`set the clocks of ${site} ${ms} ms ahead`);
        this.ahead.set(id, { site, ms });
      },
      observe: async (site: string): Promise<readonly ClockState[]> =>
        this.states
          .filter((one) => one.site === site)
          .map(({ component, node }) => {
            const ms = [...this.ahead.values()].find((set) => set.site === site)?.ms ?? 0;
            return { site, component, node, aheadMs: { lower: ms - 2, upper: ms + 3 } };
          }),
      ...lasting(this.ahead),
    },
    nodetool: { run: async (): Promise<string> => '' },
    queries: {
      begin: async (
        id: string,
        { site, parallel, work }: { site: string; parallel: number; work: string },
      ): Promise<void> => {
        this.log.push(`begin ${parallel} queries at ${site}, each ${work}`);
        this.queries.set(id, { ...RUNAWAY, id, site, evaluating: parallel });
      },
      observe: async (): Promise<readonly RunawayState[]> => [...this.queries.values()],
      ...lasting(this.queries),
    },
    compaction: {
      hold: async (id: string, site: string, everyMs: number): Promise<void> => {
        this.log.push(`hold compaction of ${site}, flush every ${everyMs} ms`);
        this.held.set(id, { ...HELD, id, site });
      },
      observe: async (): Promise<readonly CompactionState[]> => [...this.held.values()],
      ...lasting(this.held),
    },
    memory: {
      limit: async (id: string, target: ProcessTarget, share: number): Promise<void> => {
        const { site, components, node } = target;
        this.log.push(`limit ${site} ${components.join(' ')}${node === undefined ? '' : ` node ${node}`} to ${share}`);
        this.limits.set(id, target);
      },
      observe: async (): Promise<readonly MemoryState[]> =>
        this.states.map(({ site, component, node }) => {
          const limits = [...this.limits.values()];
          const limited = limits.some((one) => one.site === site && one.components.includes(component));
          return { ...UNLIMITED, site, component, node, ...(limited && { limitBytes: 800, reclaims: 3 }) };
        }),
      ...lasting(this.limits),
    },
    diskSpeed: {
      limit: async (id: string, { site }: ProcessTarget, { writeBps }: { writeBps: number | null }): Promise<void> => {
        this.log.push(`limit the disk of ${site} to ${writeBps} bytes a second`);
        this.slow.set(id, { site, writeBps });
      },
      observe: async (): Promise<readonly DiskSpeedState[]> =>
        PLATFORM.sites.map(({ name: site }) => {
          const writeBps = [...this.slow.values()].find((one) => one.site === site)?.writeBps ?? null;
          const waits = writeBps !== null;
          const traffic = { readBps: null, readBytes: 0, writtenBytes: 41_000 };
          return { site, component: 'cassandra', node: 0, writeBps, ...traffic, waiting: waits ? 1 : 0, waited: waits };
        }),
      ...lasting(this.slow),
    },
    cpu: {
      limit: async (id: string, target: ProcessTarget, cores: number): Promise<void> => {
        const { site, components, node } = target;
        this.log.push(
          `give ${site} ${components.join(' ')}${node === undefined ? '' : ` node ${node}`} ${cores} cores`,
        );
        this.quotasOfCpu.set(id, { target, cores });
      },
      observe: async (): Promise<readonly CpuState[]> =>
        this.states.map(({ site, component, node }) => {
          const quota = [...this.quotasOfCpu.values()].find(
            ({ target }) => target.site === site && target.components.includes(component),
          );
          const cores = quota?.cores ?? null;
          return { site, component, node, cores, periods: 103, throttled: quota ? 97 : 0, throttledUs: 41_200_000 };
        }),
      ...lasting(this.quotasOfCpu),
    },
  };

  readonly register: FaultRegister = {
    record: async ({ fault, run, undo }, ttlMs) => {
      this.log.push(`record ${fault}`);
      this.registered.set(fault, { fault, run, undo, expiresInMs: ttlMs });
    },
    renew: async () => {},
    undo: async (fault) => {
      this.log.push(`undo ${fault}`);
      const results = await Promise.all((this.registered.get(fault)?.undo ?? []).map((undo) => this.undo(undo)));
      if (results.every(({ ok }) => ok)) this.registered.delete(fault);
      return results;
    },
    list: async () => [...this.registered.values()],
  };

  set(site: string, components: readonly Component[], state: ComponentState['state']): void {
    for (const [index, one] of this.states.entries()) {
      if (one.site === site && components.includes(one.component)) this.states[index] = { ...one, state };
    }
  }

  /** For platforms that have data: a copy of everything under a name; that of a site, served; and the copy, or nothing, in the place of what is there. */
  copyData(_name: string): void {}
  async openCopy(_name: string, _site: string): Promise<Endpoint> {
    return { host: '127.0.0.1', port: 9 };
  }
  closeCopy(id: string): void {
    this.copied.delete(id);
  }
  putData(_sites: readonly string[], _name: string | null): void {}

  private loop(id: string, site: string, components: readonly Component[]): void {
    this.looping.set(id, Object.fromEntries(components.map((component) => [`${site} ${component}/0`, 1])));
  }

  private readonly undoes: UndoTable = {
    network: ({ id }) => void this.rules.delete(id),
    loop: ({ id }) => void this.looping.delete(id),
    names: ({ id }) => void this.nameless.delete(id),
    queries: ({ id }) => void this.queries.delete(id),
    compaction: ({ id }) => void this.held.delete(id),
    memory: ({ id }) => void this.limits.delete(id),
    'disk-speed': ({ id }) => void this.slow.delete(id),
    cpu: ({ id }) => void this.quotasOfCpu.delete(id),
    disk: ({ id }) => void this.filled.delete(id),
    storage: ({ id }) => void this.damaged.delete(id),
    restore: ({ id, sites }) => endLoss(this, id, sites),
    index: ({ id }) => endCorruption(this, id),
    'restore-test': ({ id }) => this.closeCopy(id),
    topics: ({ id }) => void this.closing.delete(id),
    quota: ({ id }) => void this.floods.delete(id),
    'sign-in': ({ id }) => void this.lockedOut.delete(id),
    clock: ({ id }) => void this.ahead.delete(id),
    restart: ({ site, components }) => this.set(site, components, 'ready'),
    processes: ({ site, components }) => this.set(site, components, 'ready'),
  };

  private async undo(undo: Undo): Promise<UndoResult> {
    if (undo.kind === this.fails) return { undo, ok: false, error: 'it does not work' };
    await doUndo(this.undoes, undo);
    return { undo, ok: true, error: '' };
  }

  place(): readonly string[] {
    return [];
  }

  /** Aborts, and another may have it. */
  readonly lockLost = new AbortController();

  async lock(): Promise<RunLock> {
    this.locked = true;
    return {
      lost: this.lockLost.signal,
      [Symbol.asyncDispose]: async () => {
        this.locked = false;
      },
    };
  }

  async keepLogs(): Promise<void> {}

  /** What a platform may say at any time. */
  readonly listeners = new Set<(event: { type: string; data: Json }) => void>();

  onEvent(listener: (event: { type: string; data: Json }) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
