/**
 * The local platform's supervisor: process 1 of its own user, network, mount and process namespaces, so that nothing of the platform outlives it.
 * `node supervisor.ts` reads its orders as JSON from standard input: see `SupervisorOrders`. It answers on the socket of its state directory.
 */
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAKE_SCHEMA } from '../../../clusters/local/graph/schema.ts';
import { messageOf, messageWithHint, PlatformError } from '../../errors.ts';
import type { Component } from '../platform.ts';
import { postScript } from '../post-script.ts';
import { templatesOfAlertmanager } from './alertmanager.ts';
import { API_PASSWORD, apiPassword } from './api.ts';
import { Backups, storeOf } from './backups/backups.ts';
import { Snapshots } from './backups/snapshots.ts';
import { ownSharedMemory } from './clock-file.ts';
import { command } from './command.ts';
import type { Classes } from './component-kind.ts';
import { type ComponentPlace, ManagedComponent } from './components.ts';
import { type LocalConfig, TIMER_SLACK_NS } from './config.ts';
import { mountCommitLog } from './disks.ts';
import { Effects } from './effects.ts';
import { checkGraphSettings, settleGraph } from './graph-settings.ts';
import { requireGroupHomes } from './group-home.ts';
import { Holders } from './holders.ts';
import { Inventory } from './inventory.ts';
import { type Kernel, tryKernel } from './kernel.ts';
import { createGraphKeyspace } from './keyspace.ts';
import { makeNetwork } from './network.ts';
import { nodetoolCommand, runNodetool } from './nodetool.ts';
import { logFile, pidFile, registerFile } from './paths.ts';
import { componentsIn, nodesOf } from './places.ts';
import { ProcessGroups } from './process-groups.ts';
import { linkClusters, makeEventTopics } from './pulsar-clusters.ts';
import { Register } from './register.ts';
import { type RpcServer, serve } from './rpc.ts';
import { untilListening } from './serving.ts';
import { supervisorMethods } from './supervisor-methods.ts';
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
  /** The Python that runs Medusa; null: no backups can be taken. */
  readonly medusa: string | null;
  /** Of what the platform has. */
  readonly classes: Readonly<Partial<Record<Component, Classes>>>;
}

/** Long, for a machine that is busy; who starts the platform has a limit of his own. */
const START_MS = 600_000;
const OWN_MS = 10_000;
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
rmSync(storeOf(orders.stateDirectory), { recursive: true, force: true });
mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
const java = join(orders.javaHome, 'bin/java');
const groups =
  config.processGroups.length > 0
    ? await ProcessGroups.make(requireGroupHomes(config.processGroups), orders.stateDirectory)
    : null;
const inventory = new Inventory(
  config.sites.flatMap((_, site) =>
    componentsIn(config).flatMap((component) =>
      nodesOf(config, component).map((node) =>
        make({ config, site, component, node, directory: dataDirectory }, (id, pid) => groups?.add(id, pid)),
      ),
    ),
  ),
);

function make(place: ComponentPlace, onLaunch?: (id: string, pid: number) => void): ManagedComponent {
  const { clockLibrary } = orders;
  return new ManagedComponent({ ...place, clockLibrary }, classesOf(place.component), java, tell, onLaunch);
}

function classesOf(component: Component): Classes {
  const classes = orders.classes[component];
  if (!classes) throw new Error(`no classes of ${component} in the orders`);
  return classes;
}

const register = new Register(
  registerFile(orders.stateDirectory),
  (undo) => effects.undo(undo),
  () => performance.now(),
);
const backups = new Backups(
  inventory,
  orders.medusa === null
    ? null
    : {
        python: orders.medusa,
        store: storeOf(orders.stateDirectory),
        nodetool: nodetoolCommand({ java, classes: classesOf('cassandra'), home: dataDirectory }),
      },
);
const snapshots = new Snapshots(inventory, dataDirectory);
const effects: Effects = new Effects({
  config,
  inventory,
  guard: register,
  directory: dataDirectory,
  groups,
  adjustable: orders.clockLibrary !== null,
  nodetool,
  backups,
  snapshots,
  makeApart: (place) => make({ ...place }),
  onEvent: tell,
});
const holders = new Holders(orders.owned, () => void stop('its owner is gone'));
let started = false;
let kernel: Kernel;

const methods = supervisorMethods({
  config,
  owned: orders.owned,
  inventory,
  effects,
  backups,
  snapshots,
  register,
  holders,
  kernel: () => kernel,
  started: () => started,
  nodetool,
  credentials: () => (config.components.includes('api') ? { [API_PASSWORD]: apiPassword(dataDirectory) } : {}),
  template: keepTemplate,
  stop: () => void setImmediate(() => void stop('told to')),
});

function onProblem(problem: unknown): void {
  tell('defect', messageOf(problem));
}

function nodetool(
  site: string,
  args: readonly string[],
  timeoutMs?: number,
  nodes?: readonly number[],
): Promise<string> {
  const tool = { config, site, java, classes: classesOf('cassandra'), home: dataDirectory };
  return runNodetool(tool, args, timeoutMs, nodes);
}

async function keepTemplate(directory: string): Promise<void> {
  for (const component of ['janusgraph', 'cassandra'] as const)
    await Promise.all(inventory.of(component).map((one) => one.stop(SHUTDOWN_MS)));
  const nodes = inventory.of('cassandra').map((one) => one.id);
  makeTemplate(directory, dataDirectory, nodes);
}

let stopping = false;
async function stop(why: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  tell('stopping', why);
  for (const one of inventory.all) one.end('SIGKILL');
  rmSync(orders.socket, { force: true });
  await groups?.remove().catch(onProblem);
  process.exit(0);
}

process.on('SIGTERM', () => void stop('SIGTERM'));
process.on('SIGINT', () => {});
process.on('uncaughtException', onProblem);

async function main(): Promise<void> {
  kernel = await tryKernel();
  await makeNetwork(config);
  if (config.components.includes('alertmanager')) await layTemplates();
  if (config.names) await effects.names.start(onProblem);
  if (orders.clockLibrary !== null) await ownSharedMemory();
  rmSync(orders.socket, { force: true });
  server = await serve(orders.socket, methods, (connection) => holders.ended(connection));
  if (orders.owned) setTimeout(() => holders.isOwned || void stop('nobody owns it'), OWN_MS);
  const limit = AbortSignal.timeout(START_MS);
  const { commitLogDisk } = config.cassandra;
  if (commitLogDisk) for (const one of inventory.of('cassandra')) await mountCommitLog(one.directory, commitLogDisk);
  if (orders.template)
    for (const one of inventory.of('cassandra')) copyFromTemplate(orders.template, one.id, one.directory);
  const stores = startStores(limit);
  if (orders.template) await Promise.race([stores, listen(inventory.of('cassandra'), limit)]);
  else await stores.then(() => setGraphUp(limit));
  await Promise.all([stores, ...inventory.of('janusgraph').map((one) => one.start(limit, 'outside'))]);
  for (const one of inventory.of('janusgraph')) {
    for (const log of one.logs()) checkGraphSettings(one.name, readFileSync(log, 'utf8'));
  }
  const consumers = inventory.of('consumer');
  if (config.components.includes('api') || consumers.length > 0) await makePaymentSchema(limit);
  // After the others, whose start would take longer beside it, and on which some of them stand. All nodes of a site's cluster at once: they wait for each other.
  const further = config.components
    .flatMap((component) => inventory.of(component))
    .filter((one) => !consumers.includes(one));
  await Promise.all(further.map((one) => one.start(limit, 'outside')));
  if (config.components.includes('pulsar')) await linkClusters(config, limit);
  if (consumers.length > 0) await makeEventTopics(config, limit);
  await Promise.all(consumers.map((one) => one.start(limit, 'outside')));
  started = true;
  tell('started', 'every component serves');
}

/** In the platform's own mounts: an unpacked package is not where it looks for itself. */
async function layTemplates(): Promise<void> {
  const share = templatesOfAlertmanager();
  if (share === null) return;
  await command(['mount', '-t', 'overlay', 'overlay', '-o', `lowerdir=${share}:/usr/share`, '/usr/share']);
}

/** Those that a new node asks for the others first: it ends when none of them listens. */
async function startStores(limit: AbortSignal): Promise<void> {
  const nodes = inventory.of('cassandra');
  const seeds = nodes.filter(({ node }) => node === 0);
  const others = nodes.filter(({ node }) => node > 0);
  const started = Promise.all(seeds.map((one) => one.start(limit, 'outside')));
  started.catch(() => {});
  if (others.length > 0) await listen(seeds, limit);
  await Promise.all([started, ...others.map((one) => one.start(limit, 'outside'))]);
}

/** Cassandra listens to its like a while before it serves: about as long as a JanusGraph takes from its start to its first request. */
async function listen(nodes: readonly ManagedComponent[], limit: AbortSignal): Promise<void> {
  await Promise.all(nodes.map(({ address }) => untilListening(address, config.cassandra.storagePort, limit)));
}

/** Servers that start at once race for the first schema and the first block of ids: one makes them, and every site has them before it goes on. */
async function setGraphUp(limit: AbortSignal): Promise<void> {
  await createGraphKeyspace(config, limit);
  await inventory.of('janusgraph')[0]?.start(limit, 'outside');
  await settleGraph(config, limit);
}

/** One server makes it, and every copy has it before anybody looks for it at another site. */
async function makePaymentSchema(limit: AbortSignal): Promise<void> {
  const [server] = inventory.of('janusgraph');
  if (!server) throw new Error('there is no JanusGraph');
  const { status, text } = await postScript(
    { host: server.address, port: server.port },
    { gremlin: MAKE_SCHEMA },
    limit,
  );
  if (status !== 200)
    throw new PlatformError(`the schema of the platform’s payments could not be made: ${text.slice(0, 300)}`);
  await settleGraph(config, limit);
}

async function deadMan(): Promise<void> {
  try {
    for (const { fault, failures } of await register.expire()) {
      const what = failures.length === 0 ? 'is undone' : `could not be undone: ${failures.join('; ')}`;
      tell('dead-man', `${fault} was no longer renewed and ${what}`);
    }
  } catch (error) {
    onProblem(error);
  }
}

setInterval(() => {
  // First of all, whatever else may go wrong; and after the renewals that came while something else kept this process.
  setImmediate(() => void deadMan());
  try {
    for (const one of inventory.all) one.rotateOutput();
    effects.disks.keepFull();
  } catch (error) {
    tell('defect', `logs cannot be put aside: ${messageOf(error)}`);
  }
}, 1_000);

main().catch((error: unknown) => {
  tell('failed', messageWithHint(error));
  // Who waits for the start reads the reason from its connection.
  setTimeout(() => void stop('it could not start'), 500);
});
