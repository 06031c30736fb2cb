import type { Machine } from './doctor-machine.ts';
import { checkNamespaces } from './doctor-namespaces.ts';
import { distributionOf, installLine, type Need } from './doctor-packages.ts';
import { PYTHONS } from './local/backups/python.ts';
import { JAVA_MAJOR } from './local/jdk.ts';

/** What was found of one thing. A `warning` does not keep the platform from working. */
export type Finding =
  | { readonly name: string; readonly state: 'ok'; readonly detail: string }
  | { readonly name: string; readonly state: 'missing' | 'warning'; readonly detail: string; readonly help: Help };

/** The one line that helps. `need`: a package gets it. `byRoot`: an ordinary user cannot do it. */
export interface Help {
  readonly line: string;
  readonly need?: Need;
  readonly byRoot?: boolean;
}

const NODE_MAJOR = 24;
const UTILITIES = ['unshare', 'nsenter', 'setpriv', 'flock'] as const;
const GIB = 2 ** 30;
/** Six JVMs take 4.3 GiB; harness and page cache come on top. */
const MEMORY_BYTES = 6 * GIB;
/** Jars and archives of classes 0.6 GB, the rest is for data, commit logs and run directories. */
const DISK_BYTES = 4 * GIB;

/** Everything that the local platform needs of a Linux machine, tried one after the other. */
export async function examine(machine: Machine): Promise<readonly Finding[]> {
  const programs = [
    await checkMaven(machine),
    await checkProgram(machine, 'iproute2', ['ip', '-V'], ['tc', '-V']),
    await checkProgram(machine, 'nftables', ['nft', '--version']),
    await checkProgram(machine, 'util-linux', ...UTILITIES.map((name) => [name, '--version'] as const)),
  ];
  const triable = programs.slice(1).every(({ state }) => state === 'ok');
  return [
    checkNode(machine),
    checkJdk(machine),
    ...programs,
    triable ? await checkNamespaces(machine) : NOT_TRIED,
    checkAmount(
      'memory',
      machine.availableMemoryBytes(),
      MEMORY_BYTES,
      'stop other programs, or lower the heaps in clusters/local/platform.yaml',
    ),
    checkAmount(
      'disk',
      machine.freeDiskBytes(),
      DISK_BYTES,
      'make room, or set DRILL_STATE to a directory on another disk',
    ),
    checkClockLibrary(machine),
    checkPython(machine),
    checkBrowser(machine),
    await checkGo(machine),
  ];
}

const NOT_TRIED: Finding = {
  name: 'namespaces',
  state: 'missing',
  detail: 'not tried, for programs of it are missing',
  help: { line: 'npm run doctor, after the lines above' },
};

function checkNode({ nodeVersion }: Machine): Finding {
  const name = `Node ${NODE_MAJOR}`;
  if (Number(nodeVersion.slice(1).split('.')[0]) >= NODE_MAJOR) return { name, state: 'ok', detail: nodeVersion };
  return {
    name,
    state: 'missing',
    detail: `this is ${nodeVersion}; the one in node_modules has no binary where npm has ignore-scripts set`,
    help: { line: 'npm rebuild node --ignore-scripts=false' },
  };
}

function checkJdk(machine: Machine): Finding {
  const name = `JDK ${JAVA_MAJOR}`;
  const jdk = machine.jdk();
  if (jdk) return { name, state: 'ok', detail: `${jdk.version} in ${jdk.home}` };
  const others = machine.javas();
  const detail =
    others.length > 0
      ? `only Java ${others.join(', ')}: no released Cassandra runs on 18 or later, ${JAVA_MAJOR} can stand beside them`
      : 'no Java is installed';
  return { name, state: 'missing', detail, help: packageHelp('java', machine) };
}

async function checkMaven(machine: Machine): Promise<Finding> {
  const jdk = machine.jdk();
  const { code, output } = await machine.run(
    ['mvn', '-Dstyle.color=never', '--version'],
    jdk ? { env: { JAVA_HOME: jdk.home } } : {},
  );
  if (code === 0) return { name: 'Maven', state: 'ok', detail: output.split('\n')[0] ?? '' };
  // Without a Java, Maven that is there cannot say so.
  if (code !== null && !jdk) {
    return { name: 'Maven', state: 'missing', detail: 'it needs the JDK', help: packageHelp('java', machine) };
  }
  return { name: 'Maven', state: 'missing', detail: whyNot('mvn', code, output), help: packageHelp('maven', machine) };
}

async function checkProgram(
  machine: Machine,
  need: Need,
  ...commands: readonly (readonly [string, ...string[]])[]
): Promise<Finding> {
  const versions: string[] = [];
  for (const command of commands) {
    const { code, output } = await machine.run(command);
    if (code !== 0) {
      return {
        name: need,
        state: 'missing',
        detail: whyNot(command[0], code, output),
        help: packageHelp(need, machine),
      };
    }
    versions.push(output.trim().split('\n')[0] ?? '');
  }
  return { name: need, state: 'ok', detail: versions.join(', ') };
}

function whyNot(program: string, code: number | null, output: string): string {
  return code === null ? `there is no ${program}` : `${program} fails: ${output.trim().split('\n').at(-1) || code}`;
}

function packageHelp(need: Need, machine: Machine): Help {
  const distribution = distributionOf(machine.read('/etc/os-release') ?? '');
  return { line: installLine([need], distribution, machine.root), need, byRoot: true };
}

/** Only a platform whose file says so needs it. */
function checkClockLibrary(machine: Machine): Finding {
  const name = 'libfaketime';
  const found = machine.clockLibrary();
  if (found !== null) return { name, state: 'ok', detail: found };
  const detail = 'not installed: no platform whose clocks can be set (clusters/local/skewed-clocks.yaml)';
  return { name, state: 'warning', detail, help: packageHelp(name, machine) };
}

/** Scenarios with backups have Medusa fetched, which runs on nothing else. */
function checkPython(machine: Machine): Finding {
  const name = 'Python';
  const found = machine.python();
  if (found !== null) return { name, state: 'ok', detail: found };
  const detail = `no ${PYTHONS.join(' or ')} with its venv: no scenario with backups`;
  return { name, state: 'warning', detail, help: packageHelp('python', machine) };
}

/** Reports are whole without it. */
function checkBrowser(machine: Machine): Finding {
  const name = 'browser';
  const found = machine.browser();
  if (found !== null) return { name, state: 'ok', detail: found };
  return { name, state: 'warning', detail: 'not installed: no report as PDF', help: packageHelp('chromium', machine) };
}

/** Scenarios with `load` have k6 built. */
async function checkGo(machine: Machine): Promise<Finding> {
  const { code, output } = await machine.run(['go', 'version']);
  if (code === 0) return { name: 'Go', state: 'ok', detail: output.trim() };
  const line = 'install Go 1.26 or later (https://go.dev/dl)';
  return { name: 'Go', state: 'warning', detail: 'does not work: no scenario with load', help: { line } };
}

function checkAmount(name: string, bytes: number, wanted: number, line: string): Finding {
  const detail = `${(bytes / GIB).toFixed(1)} GiB free`;
  if (bytes >= wanted) return { name, state: 'ok', detail };
  return { name, state: 'warning', detail: `${detail}, ${wanted / GIB} GiB are wanted`, help: { line } };
}
