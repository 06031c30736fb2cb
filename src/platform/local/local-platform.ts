import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../errors.ts';
import type { Json } from '../../history/event.ts';
import {
  type Abilities,
  type Component,
  type ComponentState,
  type DropCounter,
  type FaultRegister,
  OUTSIDE_PEER,
  type Platform,
  type PlatformFacts,
  type RegisteredFault,
  type UndoResult,
} from '../platform.ts';
import { archiveOptions, listOptions } from './archive.ts';
import { cachedClassPath, resolveClassPath } from './class-path.ts';
import { addressOf, type LocalConfig } from './config.ts';
import { findJdk, JAVA_MAJOR } from './jdk.ts';
import { replicationFactor } from './keyspace.ts';
import { lockFile, logFile, pidFile, programPath, registerFile, socketPath, stateDirectory } from './paths.ts';
import { leftFaults } from './register.ts';
import { RpcClient } from './rpc.ts';
import type { SupervisorOrders } from './supervisor.ts';

const SUPERVISOR = fileURLToPath(new URL('./supervisor.ts', import.meta.url));
const START_MS = 240_000;

/** The namespaces of the platform: made as the user that calls, root inside, gone with their first process. */
export const UNSHARE = [
  'unshare',
  '--user',
  '--map-root-user',
  '--net',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
] as const;

export interface LocalStatus {
  readonly config: LocalConfig;
  readonly started: boolean;
  readonly components: readonly ComponentState[];
  readonly faults: readonly RegisteredFault[];
  /** The run that uses it; null: none. */
  readonly run: string | null;
}

/** What the local platform is, from its configuration alone: enough for a plan, whether one is up or not. */
export function localPlatformFacts(config: LocalConfig): PlatformFacts {
  return {
    name: 'local',
    environment: config.environment,
    sites: config.sites.map((site, index) => ({
      name: site.name,
      datacenter: site.datacenter,
      endpoints: {
        cassandra: Array.from({ length: config.nodesPerSite }, (_, node) => ({
          host: addressOf(config, index, node),
          port: config.cassandra.cqlPort,
        })),
        janusgraph: [{ host: addressOf(config, index), port: config.janusgraph.port }],
      },
    })),
    nodesPerSite: config.nodesPerSite,
    replicationFactor: replicationFactor(config),
    versions: { cassandra: '5.0.6', janusgraph: '1.1.0' },
    abilities: ['network', 'processes', 'nodetool'],
  };
}

/** The platform of this user that is up; null when there is none. It stays when the handle is disposed. */
export async function attachLocalPlatform(signal: AbortSignal): Promise<Platform | null> {
  const rpc = await RpcClient.connect(socketPath());
  if (!rpc) return null;
  const status = await rpc.call<LocalStatus>('status', {}, signal);
  return new LocalPlatform(rpc, status.config, supervisorPid());
}

/** What the platform says of itself; null when none is up. */
export async function localPlatformStatus(signal: AbortSignal): Promise<LocalStatus | null> {
  const rpc = await RpcClient.connect(socketPath());
  if (!rpc) return null;
  try {
    return await rpc.call<LocalStatus>('status', {}, signal);
  } finally {
    rpc.close();
  }
}

/** Stops the platform of this user, whatever it does; false when none is up. */
export async function stopLocalPlatform(signal: AbortSignal): Promise<boolean> {
  const outer = outerPid();
  if (outer === null) return false;
  const supervisor = supervisorPid();
  const rpc = await RpcClient.connect(socketPath());
  await rpc?.call('stop', {}, AbortSignal.any([signal, AbortSignal.timeout(STOP_MS)])).catch(() => {});
  rpc?.close();
  // Its first process is the last that goes.
  const isThere = (): boolean => isOuter(outer) || (supervisor > 0 && existsSync(`/proc/${supervisor}`));
  for (const from = performance.now(); isThere(); await sleep(50)) {
    signal.throwIfAborted();
    // It does not listen (yet, or any more): everything in it goes with the process that holds its namespaces.
    const hangs = rpc === null || performance.now() - from > STOP_MS;
    if (hangs && isOuter(outer)) process.kill(outer, 'SIGKILL');
  }
  return true;
}

const STOP_MS = 5_000;

/** The process that holds the namespaces of a platform of this user, listening or not; null: there is none. */
function outerPid(): number | null {
  const file = pidFile(stateDirectory());
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').trim()) : 0;
  return pid > 0 && isOuter(pid) ? pid : null;
}

/** Numbers of processes are used again: it must also be what we started. */
function isOuter(pid: number): boolean {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return args.some((arg) => arg.endsWith('/src/platform/local/supervisor.ts'));
  } catch {
    return false;
  }
}

/**
 * Starts a platform and resolves when every component serves. With `owned`, it goes when the handle does. PlatformErrors: another system than
 * Linux, no JDK 17, no user namespaces, a platform that is up already, a component that does not start (its log is named).
 */
export async function startLocalPlatform(options: {
  readonly config: LocalConfig;
  readonly owned: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
  /** A directory into which each JVM writes the names of the classes it loads; archives of classes are not used then. */
  readonly classLists?: string;
}): Promise<Platform> {
  const { config, signal, onProgress, classLists } = options;
  refuseOtherSystems();
  const jdk = findJdk();
  if (!jdk)
    throw new PlatformError(`no JDK ${JAVA_MAJOR} is installed: no released Cassandra runs on 18 or later`, DOCTOR);
  const running = await RpcClient.connect(socketPath());
  if (running) {
    running.close();
    throw isUp();
  }
  const cassandra = await resolveClassPath('cassandra', jdk.home, signal, onProgress);
  const janusgraph = await resolveClassPath('janusgraph', jdk.home, signal, onProgress);
  const left = leftFaults(registerFile(stateDirectory()));
  if (left.length > 0)
    onProgress(`${left.join(', ')} stood in the register of a platform that is gone, and went with it`);
  const sharing = (component: Component, jars: readonly string[]): readonly string[] =>
    classLists === undefined ? archiveOptions(component, jdk, jars) : listOptions(component, classLists);
  const orders: Omit<SupervisorOrders, 'outerPid'> = {
    config,
    owned: options.owned,
    stateDirectory: stateDirectory(),
    socket: socketPath(),
    javaHome: jdk.home,
    classes: {
      cassandra: { jars: cassandra, archive: sharing('cassandra', cassandra) },
      janusgraph: { jars: janusgraph, archive: sharing('janusgraph', janusgraph) },
    },
  };
  const rpc = await launch(orders, signal);
  if (options.owned) await rpc.call('own', {}, signal);
  const failure = { text: '' };
  rpc.onEvent(({ type, data }) => {
    if (type === 'component-ready') onProgress(`${data} is ready`);
    if (type === 'failed' || type === 'component-died') failure.text = String(data);
  });
  try {
    for (;;) {
      signal.throwIfAborted();
      const status = await rpc.call<LocalStatus>('status', {}, signal);
      if (status.started) return new LocalPlatform(rpc, config, supervisorPid());
      await sleep(100);
    }
  } catch (error) {
    rpc.close();
    await stopLocalPlatform(AbortSignal.timeout(10_000)).catch(() => {});
    if (failure.text) throw new PlatformError(`the platform did not start: ${failure.text}`, { cause: error });
    throw error;
  }
}

/** The exit code by which `flock` says that another holds the lock. */
const IN_USE = 75;

function isUp(): PlatformError {
  return new PlatformError('a platform of this user is up already, or starting', {
    hint: 'npm run drill -- platform down',
  });
}

const DOCTOR = { hint: 'npm run doctor -- --fix' } as const;

export function refuseOtherSystems(system: string = process.platform): void {
  if (system === 'linux') return;
  throw new PlatformError(`the local platform needs Linux namespaces; this is ${system}`, {
    hint: 'open the repository in its devcontainer (.devcontainer/devcontainer.json), or run it in Lima (limactl start ./lima.yaml)',
  });
}

/** Starts the supervisor apart from this process and connects to it. */
async function launch(orders: Omit<SupervisorOrders, 'outerPid'>, signal: AbortSignal): Promise<RpcClient> {
  const state = stateDirectory();
  const log = openSync(logFile(state), 'a', 0o600);
  const said = fstatSync(log).size;
  const lock = ['--wait', '5', '--conflict-exit-code', String(IN_USE), '--no-fork', lockFile(state)];
  const child = spawn('flock', [...lock, ...UNSHARE, '--', process.execPath, SUPERVISOR], {
    cwd: state,
    detached: true,
    stdio: ['pipe', log, log],
    env: { ...process.env, PATH: programPath(process.env) },
  });
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(code === IN_USE ? isUp() : new Error(`it ended with exit code ${code}`)));
  });
  died.catch(() => {});
  child.stdin?.on('error', () => {});
  child.stdin?.end(JSON.stringify({ ...orders, outerPid: child.pid }));
  child.unref();
  closeSync(log);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(START_MS)]);
  const connected = (async () => {
    for (;;) {
      limit.throwIfAborted();
      const rpc = await RpcClient.connect(orders.socket);
      if (rpc) return rpc;
      await sleep(30);
    }
  })();
  connected.catch(() => {});
  try {
    return await Promise.race([connected, died]);
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    const text = readFileSync(logFile(state)).subarray(said).toString();
    const last = text.trim().split('\n').slice(-3).join(' | ');
    throw new PlatformError(`the platform's supervisor did not start: ${last || String(error)}`, {
      cause: error,
      ...DOCTOR,
    });
  }
}

/** The supervisor as this process sees it: the only child of `unshare`. */
function supervisorPid(): number {
  const parent = readFileSync(pidFile(stateDirectory()), 'utf8').trim();
  const children = `/proc/${parent}/task/${parent}/children`;
  const [child] = existsSync(children) ? readFileSync(children, 'utf8').trim().split(' ') : [''];
  return Number(child || 0);
}

class LocalPlatform implements Platform {
  readonly abilities: Abilities;
  readonly register: FaultRegister;
  private readonly rpc: RpcClient;
  private readonly config: LocalConfig;
  private readonly pid: number;

  constructor(rpc: RpcClient, config: LocalConfig, pid: number) {
    this.rpc = rpc;
    this.config = config;
    this.pid = pid;
    this.abilities = {
      network: {
        drop: (id, rules, signal) => rpc.call('drop', { id, rules }, signal),
        observe: (id, signal) => rpc.call<DropCounter[]>('drops', { id }, signal),
      },
      processes: {
        end: (site, components, mode, signal) => rpc.call('end', { site, components, mode }, signal),
        observe: (signal) => rpc.call<ComponentState[]>('observe', {}, signal),
      },
      nodetool: { run: (site, args, signal) => rpc.call<string>('nodetool', { site, args }, signal) },
    };
    this.register = {
      record: (fault, ttlMs, signal) => rpc.call('record', { ...fault, ttlMs }, signal),
      renew: (faults, ttlMs, signal) => rpc.call('renew', { faults, ttlMs }, signal),
      undo: (fault, signal) => rpc.call<UndoResult[]>('undo', { fault }, signal),
      list: (signal) => rpc.call<RegisteredFault[]>('faults', {}, signal),
    };
  }

  facts(): PlatformFacts {
    return localPlatformFacts(this.config);
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
    const inside = client === OUTSIDE_PEER ? [] : ['nsenter', `--net=/run/netns/${client}`];
    // The first nsenter stays as the parent of what it placed, which would not hear of a signal to it: it dies with it instead.
    return [...enter, '--', ...inside, 'setpriv', '--pdeathsig', 'KILL', '--'];
  }

  async lock(run: string, signal: AbortSignal): Promise<AsyncDisposable> {
    await this.rpc.call('lock', { run }, signal);
    return { [Symbol.asyncDispose]: () => this.rpc.call('unlock', {}, AbortSignal.timeout(5_000)) };
  }

  async keepLogs(directory: string): Promise<void> {
    mkdirSync(directory, { recursive: true });
    const logs = await this.rpc.call<{ name: string; files: string[] }[]>('logs', {}, AbortSignal.timeout(5_000));
    for (const { name, files } of logs) {
      for (const file of files) if (existsSync(file)) copyFileSync(file, join(directory, `${name}-${basename(file)}`));
    }
    const own = logFile(stateDirectory());
    if (existsSync(own)) copyFileSync(own, join(directory, basename(own)));
  }

  onEvent(listener: (event: { type: string; data: Json }) => void): void {
    this.rpc.onEvent(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.rpc.close();
  }
}

/** True when a start needs nothing from the network. */
export function jarsAreFetched(): boolean {
  return cachedClassPath('cassandra') !== null && cachedClassPath('janusgraph') !== null;
}
