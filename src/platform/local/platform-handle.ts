import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../../history/event.ts';
import type { Lasting } from '../lasting.ts';
import { type Abilities, OUTSIDE_PEER, type Platform, type PlatformFacts, type RunLock } from '../platform.ts';
import type { FaultRegister, LastingKind } from '../undo.ts';
import { insideSite } from './inside-site.ts';
import { logFile, stateDirectory } from './paths.ts';
import type { RpcClient } from './rpc.ts';
import type { SupervisorMethods } from './supervisor-methods.ts';

/** A holder that has just died holds its lock until the platform has heard of it. */
const LOCK_AGAIN_MS = 1_000;

/** A connection to the supervisor of a platform that is up. Disposing it lets go of the platform, and of its lock; one that is owned ends. */
export class LocalPlatform implements Platform {
  readonly recover = 'npm run drill -- recover';
  readonly abilities: Partial<Abilities>;
  readonly register: FaultRegister;
  readonly credentials: Readonly<Record<string, string>>;
  private readonly rpc: RpcClient<SupervisorMethods>;
  private readonly of: PlatformFacts;
  private readonly pid: number;

  /** `pid`: the supervisor, as processes outside see it. */
  constructor(
    rpc: RpcClient<SupervisorMethods>,
    facts: PlatformFacts,
    pid: number,
    credentials: Readonly<Record<string, string>>,
  ) {
    this.rpc = rpc;
    this.credentials = credentials;
    this.of = facts;
    this.pid = pid;
    const lasting = (kind: LastingKind): Lasting => ({
      inForce: (signal) => rpc.call('inForce', { kind }, signal),
      mend: (id, signal) => rpc.call('mend', { kind, id }, signal),
    });
    this.abilities = {
      network: {
        filter: (id, rules, signal) => rpc.call('filter', { id, rules }, signal),
        observe: (id, signal) => rpc.call('drops', { id }, signal),
        ...lasting('network'),
      },
      packets: { filter: (id, rules, signal) => rpc.call('filter', { id, rules }, signal) },
      bandwidth: {
        narrow: (id, site, bitsPerSecond, signal) => rpc.call('narrow', { id, site, bitsPerSecond }, signal),
      },
      processes: {
        end: (target, graceMs, signal) => rpc.call('end', { ...target, graceMs }, signal),
        observe: (signal) => rpc.call('observe', {}, signal),
      },
      pausing: { pause: (target, signal) => rpc.call('pause', target, signal) },
      restarts: {
        restart: (id, target, graceMs, signal) => rpc.call('crash', { id, ...target, graceMs, againMs: null }, signal),
        observe: (signal) => rpc.call('loops', {}, signal),
      },
      loops: {
        crash: (id, target, how, signal) => rpc.call('crash', { id, ...target, ...how }, signal),
        starve: (id, target, share, signal) => rpc.call('starve', { id, ...target, share }, signal),
        observe: (signal) => rpc.call('loops', {}, signal),
        ...lasting('loop'),
      },
      queries: {
        begin: (id, what, signal) => rpc.call('beginQueries', { id, ...what }, signal),
        observe: (signal) => rpc.call('queries', {}, signal),
        ...lasting('queries'),
      },
      compaction: {
        hold: (id, site, flushEveryMs, signal) => rpc.call('holdCompaction', { id, site, flushEveryMs }, signal),
        observe: (signal) => rpc.call('compaction', {}, signal),
        ...lasting('compaction'),
      },
      ...(facts.abilities.includes('memory') && {
        memory: {
          limit: (id, target, share, signal) => rpc.call('limitMemory', { id, ...target, share }, signal),
          observe: (signal) => rpc.call('memory', {}, signal),
          ...lasting('memory'),
        },
      }),
      ...(facts.abilities.includes('diskSpeed') && {
        diskSpeed: {
          limit: (id, target, speed, signal) => rpc.call('limitDisk', { id, ...target, ...speed }, signal),
          observe: (signal) => rpc.call('diskSpeed', {}, signal),
          ...lasting('disk-speed'),
        },
      }),
      ...(facts.abilities.includes('cpu') && {
        cpu: {
          limit: (id, target, cores, signal) => rpc.call('limitCpu', { id, ...target, cores }, signal),
          observe: (signal) => rpc.call('cpu', {}, signal),
          ...lasting('cpu'),
        },
      }),
      ...(facts.abilities.includes('disks') && {
        disks: {
          fill: (id, site, signal) => rpc.call('fill', { id, site }, signal),
          observe: (signal) => rpc.call('disks', {}, signal),
          ...lasting('disk'),
        },
      }),
      storage: {
        corrupt: (id, site, table, signal) => rpc.call('corrupt', { id, site, ...table }, signal),
        damageGraph: (id, site, damage, signal) => rpc.call('damageGraph', { id, site, ...damage }, signal),
        observe: (id, signal) => rpc.call('damage', { id }, signal),
        ...lasting('storage'),
      },
      ...(facts.abilities.includes('backups') && {
        backups: { take: (name, mode, signal) => rpc.call('takeBackup', { name, mode }, signal) },
        data: {
          arm: (id, { sites, backup }, signal) => rpc.call('armData', { id, sites, backup }, signal),
          lose: (id, { sites, backup }, signal) => rpc.call('loseData', { id, sites, backup }, signal),
          observe: (id, signal) => rpc.call('lostData', { id }, signal),
          ...lasting('restore'),
        },
        restoreTests: {
          open: (id, { site, backup }, signal) => rpc.call('openRestoreTest', { id, site, backup }, signal),
          ...lasting('restore-test'),
        },
      }),
      ...(facts.abilities.includes('snapshots') && {
        snapshots: {
          take: (name, signal) => rpc.call('takeSnapshot', { name }, signal),
          corrupt: (id, what, signal) => rpc.call('corruptIndex', { id, ...what }, signal),
          observe: (id, signal) => rpc.call('corruptIndexes', { id }, signal),
          ...lasting('index'),
        },
      }),
      ...(facts.abilities.includes('topics') && {
        topics: {
          unload: (id, site, everyMs, signal) => rpc.call('unload', { id, site, everyMs }, signal),
          observe: (signal) => rpc.call('topics', {}, signal),
          ...lasting('topics'),
        },
      }),
      ...(facts.abilities.includes('quotas') && {
        quotas: {
          exhaust: (id, sites, signal) => rpc.call('exhaust', { id, sites }, signal),
          observe: (signal) => rpc.call('quotas', {}, signal),
          ...lasting('quota'),
        },
      }),
      ...(facts.abilities.includes('signIn') && {
        signIn: {
          revoke: (id, sites, signal) => rpc.call('revoke', { id, sites }, signal),
          observe: (sites, signal) => rpc.call('signIn', { sites }, signal),
          ...lasting('sign-in'),
        },
      }),
      ...(facts.abilities.includes('netem') && {
        netem: { delay: (id, site, how, signal) => rpc.call('delay', { id, site, ...how }, signal) },
      }),
      ...(facts.abilities.includes('names') && {
        names: {
          fail: (id, site, how, signal) => rpc.call('failNames', { id, site, how }, signal),
          observe: (site, signal) => rpc.call('names', { site }, signal),
          ...lasting('names'),
        },
      }),
      ...(facts.abilities.includes('clocks') && {
        clocks: {
          set: (id, site, aheadMs, signal) => rpc.call('setClock', { id, site, aheadMs }, signal),
          observe: (site, signal) => rpc.call('clocks', { site }, signal),
          ...lasting('clock'),
        },
      }),
      nodetool: { run: (site, args, signal) => rpc.call('nodetool', { site, args }, signal) },
    };
    this.register = {
      record: (fault, ttlMs, signal) => rpc.call('record', { ...fault, ttlMs }, signal),
      renew: (faults, ttlMs, signal) => rpc.call('renew', { faults, ttlMs }, signal),
      undo: (fault, signal) => rpc.call('undo', { fault }, signal),
      list: (signal) => rpc.call('faults', {}, signal),
    };
  }

  facts(): PlatformFacts {
    return this.of;
  }

  place(client: string): readonly string[] {
    const enter = [
      'nsenter',
      '--target',
      String(this.pid),
      '--user',
      '--preserve-credentials',
      '--net',
      '--mount',
      '--pid',
      '--wdns=/',
    ];
    const inside = client === OUTSIDE_PEER ? [] : insideSite(client);
    // The first nsenter stays as the parent of what it placed, which would not hear of a signal to it: it dies with it instead.
    return [...enter, '--', ...inside, 'setpriv', '--pdeathsig', 'KILL', '--'];
  }

  async lock(run: string, signal: AbortSignal): Promise<RunLock> {
    for (const untilMs = performance.now() + LOCK_AGAIN_MS; ; await sleep(50)) {
      try {
        await this.rpc.call('lock', { run }, signal);
        break;
      } catch (error) {
        if (performance.now() > untilMs) throw error;
      }
    }
    return { [Symbol.asyncDispose]: () => this.rpc.call('unlock', {}, AbortSignal.timeout(5_000)) };
  }

  async keepLogs(directory: string): Promise<void> {
    mkdirSync(directory, { recursive: true });
    const logs = await this.rpc.call('logs', {}, AbortSignal.timeout(5_000));
    for (const { name, files } of logs) {
      for (const file of files) if (existsSync(file)) copyFileSync(file, join(directory, `${name}-${basename(file)}`));
    }
    const own = logFile(stateDirectory());
    if (existsSync(own)) copyFileSync(own, join(directory, basename(own)));
  }

  onEvent(listener: (event: { type: string; data: Json }) => void): () => void {
    return this.rpc.onEvent(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.rpc.close();
  }
}
