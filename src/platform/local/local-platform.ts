import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../../errors.ts';
import { DATABASES } from '../components.ts';
import type { AbilityName, Component, ComponentState, Platform, PlatformFacts } from '../platform.ts';
import type { RegisteredFault } from '../undo.ts';
import { pagerOf } from './alertmanager.ts';
import { archiveOptions, listOptions } from './archive.ts';
import { fetchMedusa, MEDUSA } from './backups/medusa-install.ts';
import { requireClockLibrary } from './clock-library.ts';
import type { Classes } from './component-kind.ts';
import { type LocalConfig, ofRunning, TIMER_SLACK_NS } from './config.ts';
import { areClassesFetched, fetchClasses, fetchJmxExporter } from './fetch-classes.ts';
import { requireGroupHomes } from './group-home.ts';
import { findJdk, JAVA_MAJOR } from './jdk.ts';
import type { Kernel } from './kernel.ts';
import { replicationFactor } from './keyspace.ts';
import { KINDS } from './kinds.ts';
import { lacksOf } from './lacks.ts';
import { DOCTOR, isUp, launch } from './launch.ts';
import { endpointOf, nameServerOf } from './names.ts';
import { isOuter, outerPid, supervisorPid } from './outer-process.ts';
import { registerFile, socketPath, stateDirectory } from './paths.ts';
import { componentsIn, nodesOf } from './places.ts';
import { LocalPlatform } from './platform-handle.ts';
import { removeLeftGroups } from './process-groups.ts';
import { leftFaults } from './register.ts';
import { RpcClient } from './rpc.ts';
import type { SupervisorOrders } from './supervisor.ts';
import type { SupervisorMethods } from './supervisor-methods.ts';
import { findTemplate } from './template.ts';

export interface LocalStatus {
  readonly config: LocalConfig;
  readonly kernel: Kernel;
  readonly started: boolean;
  readonly components: readonly ComponentState[];
  readonly faults: readonly RegisteredFault[];
  /** The run that uses it; null: none. */
  readonly run: string | null;
  /** It goes with the run that started it. */
  readonly owned: boolean;
}

const ALWAYS: readonly AbilityName[] = [
  'network',
  'packets',
  'bandwidth',
  'processes',
  'pausing',
  'restarts',
  'loops',
  'nodetool',
  'storage',
  'queries',
  'compaction',
];
const OPTIONAL = [
  'disks',
  'netem',
  'names',
  'clocks',
  'memory',
  'diskSpeed',
  'cpu',
  'backups',
  'data',
  'restoreTests',
  'snapshots',
  'topics',
  'quotas',
  'signIn',
] as const;

function endpointsOf(config: LocalConfig, site: number): PlatformFacts['sites'][number]['endpoints'] {
  const of = (component: Component) =>
    nodesOf(config, component).map((node) => endpointOf(config, site, component, node));
  return {
    cassandra: of('cassandra'),
    janusgraph: of('janusgraph'),
    ...Object.fromEntries(config.components.map((component) => [component, of(component)])),
  };
}

/** What the local platform is, from its configuration and its kernel: enough for a plan, whether one is up or not. */
export function localPlatformFacts(config: LocalConfig, kernel: Kernel): PlatformFacts {
  const lacks = lacksOf(config, kernel);
  const components = componentsIn(config);
  return {
    name: 'local',
    environment: config.environment,
    sites: config.sites.map((site, index) => ({
      name: site.name,
      datacenter: site.datacenter,
      endpoints: endpointsOf(config, index),
      ...(config.names && { resolver: nameServerOf(config) }),
    })),
    nodesPerSite: config.nodesPerSite,
    replicationFactor: replicationFactor(config),
    versions: Object.fromEntries(components.map((component) => [component, KINDS[component].version])),
    tuning: {
      ...(config.backups === 'medusa' && { backups: `${MEDUSA}, in a directory of the same machine` }),
      heap: components.map((component) => `${component} ${KINDS[component].heap(config)}`).join(', '),
      ...Object.fromEntries(
        config.components.map((one) => [`nodes of ${one} a site`, String(nodesOf(config, one).length)]),
      ),
      'JIT compilers': config.jit === 'quick' ? 'the first only' : 'both',
      'id blocks': `${config.janusgraph.idBlockSize} ids`,
      'conflict avoidance of ids': config.janusgraph.conflictAvoidance === 'none' ? 'none' : 'site tags',
      'system operations of JanusGraph': config.janusgraph.systemOperations,
      'host names': config.names?.domain ?? 'none: everything goes by address',
      ...(config.names && {
        'answers of name servers': `kept ${config.names.ttlSeconds} s by JanusGraph, not at all by the clients`,
      }),
      'memory of each process': lacks.memory ? 'as much as there is' : 'in a group of its own',
      ...(config.processGroups.includes('disk') && { 'disk of each process': 'can be limited' }),
      ...(config.processGroups.includes('cpu') && { 'processor of each process': 'can be limited' }),
      'disk of the commit log': config.cassandra.commitLogDisk ?? 'as large as the machine’s own',
      ...(config.components.includes('prometheus') && {
        'alert rules':
          config.prometheus.rules === undefined ? 'ours, in the place of the platform’s' : 'the platform’s own',
        'Prometheus looks': `every ${config.prometheus.scrapeSeconds} s`,
      }),
      ...(config.components.includes('alertmanager') && {
        'Alertmanager notifies': `after ${config.alertmanager.groupWaitSeconds} s, and of changes every ${config.alertmanager.groupIntervalSeconds} s`,
      }),
      clocks: config.clocks === 'adjustable' ? 'adjustable' : 'the machine’s own',
      'commit log': 'periodic: what was acknowledged within its last period is on no disk of that node',
      'timer slack of the databases': `${TIMER_SLACK_NS / 1e6} ms, where the kernel has it`,
    },
    ...(config.components.includes('alertmanager') && { pager: pagerOf(config) }),
    abilities: ALWAYS.concat(OPTIONAL.filter((ability) => !lacks[ability])),
    lacking: lacks,
  };
}

/**
 * The platform of this user that is up, once it serves; null when there is none. It stays when the handle is disposed. A PlatformError when it
 * belongs to a run that is not over, unless it is `borrowed` for a moment: it goes with that run.
 */
export async function attachLocalPlatform(
  signal: AbortSignal,
  { borrowed = false }: { readonly borrowed?: boolean } = {},
): Promise<Platform | null> {
  const rpc = await RpcClient.connect<SupervisorMethods>(socketPath());
  if (!rpc) return null;
  try {
    const { owned } = await rpc.call('status', {}, signal);
    if (owned && !borrowed) {
      throw new PlatformError('the platform that is up belongs to another run, and goes with it', {
        hint: 'wait until that run is over, or start a platform for both: npm run drill -- platform up',
      });
    }
    return await whenStarted(rpc, signal);
  } catch (error) {
    rpc.close();
    throw error;
  }
}

/** Of a platform that is up: one that was started before `components` had their name closes no topics. */
export function factsOfRunning(said: Parameters<typeof ofRunning>[0], kernel: Kernel): PlatformFacts {
  const facts = localPlatformFacts(ofRunning(said), kernel);
  return 'components' in said
    ? facts
    : { ...facts, abilities: facts.abilities.filter((ability) => ability !== 'topics') };
}

async function whenStarted(rpc: RpcClient<SupervisorMethods>, signal: AbortSignal): Promise<Platform> {
  for (;;) {
    const { started, config, kernel } = await rpc.call('status', {}, signal);
    if (started) {
      const running = ofRunning(config);
      // One that an older version started knows of none.
      const credentials = running.components.includes('api') ? await rpc.call('credentials', {}, signal) : {};
      return new LocalPlatform(rpc, factsOfRunning(config, kernel), supervisorPid(), credentials);
    }
    await sleep(100, undefined, { signal });
  }
}

/** What the platform says of itself; null when none is up. */
export async function localPlatformStatus(signal: AbortSignal): Promise<LocalStatus | null> {
  const rpc = await RpcClient.connect<SupervisorMethods>(socketPath());
  if (!rpc) return null;
  try {
    const status = await rpc.call('status', {}, signal);
    return { ...status, config: ofRunning(status.config) };
  } finally {
    rpc.close();
  }
}

/** Stops the platform of this user, whatever it does; false when none is up. */
export async function stopLocalPlatform(signal: AbortSignal): Promise<boolean> {
  const outer = outerPid();
  if (outer === null) {
    await removeWhatIsLeft();
    return false;
  }
  const supervisor = supervisorPid();
  const rpc = await RpcClient.connect<SupervisorMethods>(socketPath());
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
  await removeWhatIsLeft();
  return true;
}

/** What the kernel keeps of a platform that was killed: control groups, and nothing else. While there is one, up or starting, nothing is done. */
export async function removeWhatIsLeft(): Promise<void> {
  if (outerPid() === null) await removeLeftGroups(stateDirectory());
}

const STOP_MS = 5_000;

export interface Rehearsal {
  /** A directory into which each JVM writes the names of the classes it loads. */
  readonly classLists: string;
  /** Where the template of its data goes; every component is shut down for it. */
  readonly template: string;
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
  /** For a platform that is started to make others start faster: it uses nothing that was made by one before. */
  readonly rehearsal?: Rehearsal;
}): Promise<Platform> {
  const { config, signal, onProgress, rehearsal } = options;
  refuseOtherSystems();
  const jdk = findJdk();
  if (!jdk)
    throw new PlatformError(`no JDK ${JAVA_MAJOR} is installed: no released Cassandra runs on 18 or later`, DOCTOR);
  const clockLibrary = config.clocks === 'adjustable' ? requireClockLibrary() : null;
  requireGroupHomes(config.processGroups);
  const running = await RpcClient.connect<SupervisorMethods>(socketPath());
  if (running) {
    running.close();
    throw isUp();
  }
  const fetched: [Component, Omit<Classes, 'archive'>][] = [];
  for (const component of componentsIn(config))
    fetched.push([component, await fetchClasses(component, jdk.home, signal, onProgress)]);
  const asked = config.components.includes('prometheus');
  const agent = asked ? { agent: await fetchJmxExporter(jdk.home, signal, onProgress) } : {};
  const medusa = config.backups === 'medusa' ? await fetchMedusa(signal, onProgress) : null;
  const left = leftFaults(registerFile(stateDirectory()));
  if (left.length > 0)
    onProgress(`${left.join(', ')} stood in the register of a platform that is gone, and went with it`);
  const sharing = (component: Component, jars: readonly string[]): readonly string[] =>
    rehearsal ? listOptions(component, rehearsal.classLists) : archiveOptions(component, jdk, jars);
  const classes = fetched.map(([component, one]) => [
    component,
    { ...one, archive: sharing(component, one.jars), ...(component === 'cassandra' && agent) },
  ]);
  const orders: Omit<SupervisorOrders, 'outerPid'> = {
    config,
    owned: options.owned,
    stateDirectory: stateDirectory(),
    socket: socketPath(),
    template: rehearsal ? null : findTemplate(config),
    javaHome: jdk.home,
    clockLibrary,
    medusa,
    classes: Object.fromEntries(classes),
  };
  const rpc = await launch(orders, signal);
  if (options.owned) await owning(rpc, signal);
  const failure = { text: '' };
  rpc.onEvent(({ type, data }) => {
    if (type === 'component-ready') onProgress(`${data} is ready`);
    if (type === 'failed' || type === 'component-died') failure.text = String(data);
  });
  try {
    const platform = await whenStarted(rpc, signal);
    if (rehearsal) await rpc.call('template', { template: rehearsal.template }, signal);
    return platform;
  } catch (error) {
    rpc.close();
    await stopLocalPlatform(AbortSignal.timeout(10_000)).catch(() => {});
    // Whatever is wrong with it, the next start must not meet it again.
    if (failure.text && orders.template) rmSync(orders.template, { recursive: true, force: true });
    if (failure.text) throw new PlatformError(`the platform did not start: ${failure.text}`, { cause: error });
    throw error;
  }
}

async function owning(rpc: RpcClient<SupervisorMethods>, signal: AbortSignal): Promise<void> {
  try {
    await rpc.call('own', {}, signal);
  } catch (error) {
    rpc.close();
    throw error;
  }
}

export function refuseOtherSystems(system: string = process.platform): void {
  if (system === 'linux') return;
  throw new PlatformError(`the local platform needs Linux namespaces; this is ${system}`, {
    hint: 'open the repository in its devcontainer (.devcontainer/devcontainer.json), or run it in Lima (limactl start ./lima.yaml)',
  });
}

/** True when a start needs nothing from the network. */
export function jarsAreFetched(): boolean {
  return DATABASES.every(areClassesFetched);
}
