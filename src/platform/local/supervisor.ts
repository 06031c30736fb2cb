/**
 * The local platform's supervisor: process 1 of its own user, network, mount and process namespaces, so that nothing of the platform outlives it.
 * `node supervisor.ts` reads its orders as JSON from standard input: see `SupervisorOrders`. It answers on the socket of its state directory.
 */
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, PlatformError } from '../../errors.ts';
import type {
  Component,
  GraphDamage,
  LineDelay,
  NameFailure,
  PacketRule,
  ProcessTarget,
  TableDamage,
  Undo,
} from '../platform.ts';
import { isSet, ownSharedMemory, setClock } from './clock-file.ts';
import { SiteClocks } from './clocks.ts';
import { type Classes, ManagedComponent } from './components.ts';
import { type LocalConfig, TIMER_SLACK_NS } from './config.ts';
import { Damage } from './damage.ts';
import { emptyDisk, fillDisk, keepFull, mountCommitLog, observeDisk } from './disks.ts';
import { checkGraphSettings, settleGraph } from './graph-settings.ts';
import { type Kernel, tryKernel } from './kernel.ts';
import { createGraphKeyspace } from './keyspace.ts';
import { LastingEffects, type LastingUndo } from './lasting-effects.ts';
import { delayLine, narrowLine } from './line.ts';
import { crashing, Loops, starving } from './loops.ts';
import { MemoryGroups } from './memory-groups.ts';
import { findMemoryHome } from './memory-home.ts';
import { applyRules, listRules, makeNetwork, readCounters, removeRules } from './network.ts';
import { runNodetool } from './nodetool.ts';
import { logFile, pidFile, registerFile } from './paths.ts';
import { Register } from './register.ts';
import { type RpcServer, serve } from './rpc.ts';
import { untilListening } from './serving.ts';
import { SiteNames } from './site-names.ts';
import { copyFromTemplate, makeTemplate } from './template.ts';

export interface SupervisorOrders {
  readonly config: LocalConfig;
  readonly stateDirectory: string;
  readonly socket: string;
  /** The platform goes with the connection that says `own`, or when none has said it in time. */
  readonly owned: boolean;
  /** The process outside that holds the namespaces, as its starter numbers it. */
  readonly outerPid: number;
  /** Data of a new cluster, to start from a copy of; null: there is none. */
  readonly template: string | null;
  readonly javaHome: string;
  /** Puts clocks that can be set under the processes; null: they have the machine's. */
  readonly clockLibrary: string | null;
  readonly classes: Readonly<Record<Component, Classes>>;
}

/** Long, for a machine that is busy; who starts the platform has a limit of his own. */
const START_MS = 600_000;
const UNDO_MS = 240_000;
const OWN_MS = 10_000;
/** One whose disk was full may not be able to end in order. */
const RESTART_GRACE_MS = 15_000;
const SHUTDOWN_MS = 60_000;

// Socket, register, data and logs are the user's alone.
process.umask(0o077);
calmTimers();
const orders = JSON.parse(readFileSync(0, 'utf8')) as SupervisorOrders;
const { config } = orders;
const dataDirectory = join(orders.stateDirectory, 'data');
const log = logFile(orders.stateDirectory);
let server: RpcServer | null = null;

/** Every process that is started from here inherits it. A kernel that has no such thing goes without. */
function calmTimers(): void {
  try {
    writeFileSync('/proc/self/timerslack_ns', String(TIMER_SLACK_NS));
  } catch {}
}

function tell(type: string, what: string): void {
  try {
    appendFileSync(log, `${new Date().toISOString()} ${type} ${what}\n`);
  } catch {
    // A full disk must not end what undoes the faults.
  }
  server?.broadcast(type, what);
}

// Who comes here holds the lock of the state directory: whatever else is in it was left by a platform that is dead.
writeFileSync(pidFile(orders.stateDirectory), String(orders.outerPid));
truncateSync(log);
rmSync(registerFile(orders.stateDirectory), { force: true });
rmSync(dataDirectory, { recursive: true, force: true });
mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
const java = join(orders.javaHome, 'bin/java');
const memory = config.memoryGroups ? makeMemoryGroups() : null;
const components = config.sites.flatMap((_, site) => [
  ...Array.from({ length: config.nodesPerSite }, (_, node) => make(site, 'cassandra', node)),
  make(site, 'janusgraph', 0),
]);

function make(site: number, component: Component, node: number): ManagedComponent {
  return new ManagedComponent(
    { config, site, component, node, directory: dataDirectory, clockLibrary: orders.clockLibrary },
    orders.classes[component],
    java,
    tell,
    (id, pid) => memory?.add(id, pid),
  );
}

function makeMemoryGroups(): MemoryGroups {
  const home = findMemoryHome();
  if (typeof home === 'string') throw new PlatformError(`the memory of processes cannot be limited: ${home}`);
  return new MemoryGroups(home, orders.stateDirectory);
}

function of(component: Component, site?: string): readonly ManagedComponent[] {
  return components.filter((one) => one.component === component && (site === undefined || one.site === site));
}

/** Everything of a site. */
function at(site: string): readonly ManagedComponent[] {
  return components.filter((one) => one.site === site);
}

const register = new Register(registerFile(orders.stateDirectory), executeUndo, () => performance.now());

async function executeUndo(undo: Undo): Promise<void> {
  if (undo.kind === 'network') return inTurn(() => removeRules(config, undo.params.id));
  if (undo.kind === 'storage') return damage.undo(undo.params.id);
  if (undo.kind === 'loop') return loops.end(undo.params.id);
  if (undo.kind === 'names') return names.server.mend(undo.params.id);
  if (undo.kind === 'queries' || undo.kind === 'compaction' || undo.kind === 'memory') return effects.undo(undo);
  if (undo.kind === 'disk') {
    for (const one of of('cassandra', undo.params.site)) emptyDisk(one.directory);
    return;
  }
  if (undo.kind === 'clock') {
    for (const one of at(undo.params.site)) setClock(one.directory, 0);
    return;
  }
  const limit = AbortSignal.timeout(UNDO_MS);
  // Ended once: a start that takes too long is waited for again, and not begun again.
  const restart = undo.kind === 'restart' ? targets(undo.params).filter((one) => !restarting.has(one)) : [];
  for (const one of restart) restarting.add(one);
  await Promise.all(restart.map((one) => one.stop(RESTART_GRACE_MS)));
  for (const component of ['cassandra', 'janusgraph'] as const) {
    await Promise.all(ofTarget(component, undo.params).map((one) => one.start(limit, 'inside')));
  }
  if (undo.kind === 'restart') for (const one of targets(undo.params)) restarting.delete(one);
}

/** Ended for a restart that is not through. */
const restarting = new Set<ManagedComponent>();

const damage = new Damage(config, dataDirectory);
const coveredDamage = (id: string) => (): boolean => register.covers({ kind: 'storage', params: { id } });

const clocks = new SiteClocks();
const loops = new Loops((problem) => tell('defect', messageOf(problem)));
const names = new SiteNames(config);
const effects = new LastingEffects({
  config,
  of,
  targets,
  nodetool,
  memory,
  underUndo: underRegister,
  onProblem: (problem) => tell('defect', messageOf(problem)),
});

function nodetool(site: string, args: readonly string[], timeoutMs?: number): Promise<string> {
  return runNodetool({ config, site, java, classes: orders.classes.cassandra, home: dataDirectory }, args, timeoutMs);
}

let lastOnNetwork: Promise<unknown> = Promise.resolve();

/** Rules go in and out one after the other: an undo that looked while `nft` was at work would find nothing to undo, and the rule would stay. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = lastOnNetwork.then(work);
  lastOnNetwork = result.catch(() => {});
  return result;
}

/** A harness that was suspended past its lease must not make a fault that nobody would undo. */
function requireUndo(undo: Undo): void {
  if (register.covers(undo)) return;
  throw new PlatformError(`no fault in the register would undo this: ${JSON.stringify(undo)}`, {
    hint: 'record the fault first; one that was not renewed in time is undone and forgotten',
  });
}

/** Does something to the network whose undo is recorded, before it and after it. */
function underUndo(id: string, work: () => Promise<void>): Promise<void> {
  return inTurn(async () => {
    const undo: Undo = { kind: 'network', params: { id } };
    requireUndo(undo);
    await work();
    // It may have lapsed, or been undone, meanwhile.
    if (register.covers(undo)) return;
    await removeRules(config, id);
    throw new PlatformError(`${id} was undone while its rules were put in`);
  });
}

/** The same for what lasts at the databases, whose own undo ends it in any state. */
async function underRegister(undo: LastingUndo, work: () => Promise<void> | void): Promise<void> {
  requireUndo(undo);
  await work();
  if (register.covers(undo)) return;
  await effects.undo(undo);
  throw new PlatformError(`the undo ${JSON.stringify(undo)} was done while its effect was made`);
}

function requireLoopUndo(id: string, { site, components }: ProcessTarget): void {
  requireUndo({ kind: 'loop', params: { id } });
  requireUndo({ kind: 'processes', params: { site, components } });
}

/** Clients first, so that none writes into a store that is going. */
function targets(target: ProcessTarget): readonly ManagedComponent[] {
  return [...ofTarget('janusgraph', target), ...ofTarget('cassandra', target)];
}

function ofTarget(component: Component, { site, components: names, node }: ProcessTarget): readonly ManagedComponent[] {
  return of(component, site).filter((one) => names.includes(component) && (node === undefined || one.node === node));
}

let lockHolder: { connection: object; run: string } | null = null;
let started = false;
let kernel: Kernel;

const methods = {
  status: () => ({
    config,
    kernel,
    started,
    components: components.map((one) => one.state()),
    faults: register.list(),
    run: lockHolder?.run ?? null,
    owned: orders.owned,
  }),
  observe: () => components.map((one) => one.state()),
  end: ({ graceMs, ...target }: ProcessTarget & { graceMs: number }) => {
    requireUndo({ kind: 'processes', params: target });
    for (const one of targets(target)) void one.stop(graceMs);
  },
  pause: (target: ProcessTarget) => {
    requireUndo({ kind: 'processes', params: target });
    for (const one of targets(target)) one.pause();
  },
  crash: ({
    id,
    graceMs,
    againMs,
    ...target
  }: ProcessTarget & { id: string; graceMs: number; againMs: number | null }) => {
    requireLoopUndo(id, target);
    loops.begin(id, targets(target), crashing({ graceMs, againMs }));
  },
  starve: ({ id, share, ...target }: ProcessTarget & { id: string; share: number }) => {
    requireLoopUndo(id, target);
    loops.begin(id, targets(target), starving(share));
  },
  loops: () => loops.list(),
  narrow: ({ id, site, bitsPerSecond }: { id: string; site: string; bitsPerSecond: number }) =>
    underUndo(id, () => narrowLine(config, id, site, bitsPerSecond)),
  delay: ({ id, site, ...how }: LineDelay & { id: string; site: string }) =>
    underUndo(id, () => delayLine(config, id, site, how)),
  filter: ({ id, rules }: { id: string; rules: readonly PacketRule[] }) =>
    underUndo(id, () => applyRules(config, id, rules)),
  cuts: () => inTurn(() => listRules(config)),
  fill: ({ site }: { site: string }) => {
    requireUndo({ kind: 'disk', params: { site } });
    for (const one of of('cassandra', site)) fillDisk(one.directory);
  },
  disks: () => of('cassandra').map((one) => observeDisk(one.directory, { site: one.site, node: one.node })),
  corrupt: async ({ id, site, ...table }: { id: string; site: string } & TableDamage) => {
    requireUndo({ kind: 'storage', params: { id } });
    const { keyspace } = table;
    await nodetool(site, ['flush', keyspace]);
    await damage.corrupt(id, of('cassandra', site)[0] as ManagedComponent, table, coveredDamage(id));
  },
  damageGraph: ({ id, site, ...what }: { id: string; site: string } & GraphDamage) => {
    requireUndo({ kind: 'storage', params: { id } });
    return damage.graph(id, site, what, coveredDamage(id));
  },
  damage: ({ id }: { id: string }) => damage.observe(id),
  damages: () => damage.inForce(),
  mendDamage: ({ id }: { id: string }) => damage.undo(id),
  failNames: ({ id, site, how }: { id: string; site: string; how: NameFailure }) => {
    requireUndo({ kind: 'names', params: { id } });
    names.server.fail(id, site, how);
  },
  names: ({ site }: { site: string }) => names.observe(site),
  failingNames: () => names.server.inForce(),
  mendNames: ({ id }: { id: string }) => names.server.mend(id),
  setClock: ({ site, aheadMs }: { site: string; aheadMs: number }) => {
    if (orders.clockLibrary === null) throw new PlatformError('its processes have the clock of the machine');
    requireUndo({ kind: 'clock', params: { site } });
    for (const one of at(site)) setClock(one.directory, aheadMs);
  },
  clocks: ({ site }: { site: string }) => clocks.observe(site, at(site)),
  mendClocks: ({ site }: { site: string }) => executeUndo({ kind: 'clock', params: { site } }),
  clocksSet: () => [...new Set(components.filter(({ directory }) => isSet(directory)).map(({ site }) => site))],
  /** Rules that nothing in the register would undo. */
  mend: ({ id }: { id: string }) => inTurn(() => removeRules(config, id)),
  drops: ({ id }: { id: string }) => readCounters(config, id),
  nodetool: ({ site, args }: { site: string; args: readonly string[] }) => nodetool(site, args),
  ...effects.methods,
  record: ({ fault, run, undo, ttlMs }: { fault: string; run: string; undo: readonly Undo[]; ttlMs: number }) =>
    register.record(fault, run, undo, ttlMs),
  renew: ({ faults, ttlMs }: { faults: readonly string[]; ttlMs: number }) => register.renew(faults, ttlMs),
  undo: ({ fault }: { fault: string }) => register.undo(fault),
  faults: () => register.list(),
  logs: () => components.map((one) => ({ name: one.name.replaceAll(/[ /]/g, '-'), files: one.logs() })),
  lock: ({ run }: { run: string }, connection: object) => {
    if (lockHolder) throw new PlatformError(`the platform is in use by the run ${lockHolder.run}`);
    damage.forgetSettled();
    lockHolder = { connection, run };
  },
  unlock: (_: unknown, connection: object) => free(connection),
  /** From now on the platform goes when this connection does. */
  own: (_: unknown, connection: object) => {
    if (!orders.owned || (owner !== null && owner !== connection)) throw new PlatformError('it belongs to another');
    owner = connection;
  },
  /** Shuts everything down in order and makes a template of the data; the platform is of no use then. */
  template: async ({ template }: { template: string }) => {
    for (const component of ['janusgraph', 'cassandra'] as const) {
      await Promise.all(of(component).map((one) => one.stop(SHUTDOWN_MS)));
    }
    const nodes = of('cassandra').map((one) => one.id);
    makeTemplate(template, dataDirectory, nodes);
  },
  stop: () => {
    setImmediate(() => void stop('told to'));
  },
};

/** What a platform that is up can be asked. */
export type SupervisorMethods = typeof methods;

let owner: object | null = null;

function free(connection: object): void {
  if (lockHolder?.connection === connection) lockHolder = null;
}

function ended(connection: object): void {
  free(connection);
  if (owner === connection) void stop('its owner is gone');
}

let stopping = false;
async function stop(why: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  tell('stopping', why);
  for (const one of components) one.end('SIGKILL');
  rmSync(orders.socket, { force: true });
  await effects.close(components);
  process.exit(0);
}

process.on('SIGTERM', () => void stop('SIGTERM'));
process.on('SIGINT', () => {});
process.on('uncaughtException', (error) => {
  tell('defect', messageOf(error));
});

async function main(): Promise<void> {
  kernel = await tryKernel();
  await makeNetwork(config);
  if (config.names) await names.start((problem) => tell('defect', messageOf(problem)));
  if (orders.clockLibrary !== null) await ownSharedMemory();
  rmSync(orders.socket, { force: true });
  server = await serve(orders.socket, methods, ended);
  if (orders.owned) setTimeout(() => owner === null && void stop('nobody owns it'), OWN_MS);
  const limit = AbortSignal.timeout(START_MS);
  const { commitLogDisk } = config.cassandra;
  if (commitLogDisk) for (const one of of('cassandra')) await mountCommitLog(one.directory, commitLogDisk);
  if (orders.template) for (const one of of('cassandra')) copyFromTemplate(orders.template, one.id, one.directory);
  const stores = Promise.all(of('cassandra').map((one) => one.start(limit, 'outside')));
  if (orders.template) await Promise.race([stores, storesListen(limit)]);
  else await stores.then(() => setGraphUp(limit));
  await Promise.all([stores, ...of('janusgraph').map((one) => one.start(limit, 'outside'))]);
  for (const one of of('janusgraph')) {
    for (const log of one.logs()) checkGraphSettings(one.name, readFileSync(log, 'utf8'));
  }
  started = true;
  tell('started', 'every component serves');
}

/** Cassandra listens to its like a while before it serves: about as long as a JanusGraph takes from its start to its first request. */
async function storesListen(limit: AbortSignal): Promise<void> {
  await Promise.all(of('cassandra').map(({ address }) => untilListening(address, config.cassandra.storagePort, limit)));
}

/** Servers that start at once race for the first schema and the first block of ids: one makes them, and every site has them before it goes on. */
async function setGraphUp(limit: AbortSignal): Promise<void> {
  await createGraphKeyspace(config, limit);
  await of('janusgraph')[0]?.start(limit, 'outside');
  await settleGraph(config, limit);
}

setInterval(() => {
  // First of all, whatever else may go wrong.
  register.expire().then(
    (lapsed) => {
      for (const { fault, failures } of lapsed) {
        const what = failures.length === 0 ? 'is undone' : `could not be undone: ${failures.join('; ')}`;
        tell('dead-man', `${fault} was no longer renewed and ${what}`);
      }
    },
    (error: unknown) => tell('defect', messageOf(error)),
  );
  try {
    for (const one of components) one.rotateOutput();
    // What a node gives back while its disk is to be full is taken as well.
    for (const one of of('cassandra')) if (config.cassandra.commitLogDisk) keepFull(one.directory);
  } catch (error) {
    tell('defect', `logs cannot be put aside: ${messageOf(error)}`);
  }
}, 1_000);

main().catch((error: unknown) => {
  tell('failed', messageOf(error));
  // Who waits for the start reads the reason from its connection.
  setTimeout(() => void stop('it could not start'), 500);
});
