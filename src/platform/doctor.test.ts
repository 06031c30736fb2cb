import { expect, test } from 'vitest';
import { runDoctor } from './doctor.ts';
import type { Machine, Ran } from './doctor-machine.ts';

const DEBIAN = 'ID=debian\nVERSION_ID="12"\n';
const FILES: Readonly<Record<string, string>> = { '/etc/os-release': DEBIAN };

/** A machine that has everything; `programs` answers by the first word of a command, `absent` are not there. */
function machine(
  change: Partial<Machine> & {
    absent?: readonly string[];
    programs?: Readonly<Record<string, Ran>>;
    files?: Readonly<Record<string, string>>;
  } = {},
): Machine & { readonly ran: string[] } {
  const { absent = [], programs = {}, files = {}, ...rest } = change;
  const ran: string[] = [];
  return {
    ran,
    system: 'linux',
    root: false,
    nodeVersion: 'v24.9.0',
    run: async (argv) => {
      ran.push(argv.join(' '));
      const name = argv[0] === 'unshare' && argv.includes('--user') ? 'namespaces' : (argv[0] as string);
      if (absent.includes(name)) return { code: null, output: '' };
      return programs[name] ?? { code: 0, output: `${name} 1.0\n` };
    },
    read: (path) => ({ ...FILES, ...files })[path] ?? null,
    jdk: () => ({ home: '/jdk17', version: '17.0.15' }),
    javas: () => ['17.0.15'],
    python: () => 'python3',
    clockLibrary: () => '/usr/lib/faketime/libfaketimeMT.so.1',
    browser: () => '/usr/bin/chromium',
    availableMemoryBytes: () => 16 * 2 ** 30,
    freeDiskBytes: () => 50 * 2 ** 30,
    platformIsUp: async () => false,
    jarsAreFetched: () => true,
    fetchJars: async () => {},
    componentIsFetched: () => true,
    fetchComponent: async () => {},
    archivesAreBuilt: () => true,
    buildArchives: async () => {},
    ...rest,
  };
}

async function ask(of: Machine, fix = false): Promise<{ ready: boolean; lines: readonly string[] }> {
  const lines: string[] = [];
  return { ready: await runDoctor({ fix, write: (line) => lines.push(line) }, of), lines };
}

function lineOf(lines: readonly string[], name: string): string {
  return lines.find((line) => line.slice(9).startsWith(`${name}:`)) ?? '';
}

test('a machine that has everything: a line each, all ok', async () => {
  const { ready, lines } = await ask(machine());
  expect(ready).toBe(true);
  expect(lines.map((line) => line.split(':')[0])).toEqual([
    'ok       Node 24',
    'ok       JDK 17',
    'ok       Maven',
    'ok       iproute2',
    'ok       nftables',
    'ok       util-linux',
    'ok       namespaces',
    'ok       memory',
    'ok       disk',
    'ok       libfaketime',
    'ok       Python',
    'ok       browser',
    'ok       Go',
    'ok       jars of Cassandra and JanusGraph',
    'ok       archives of classes',
  ]);
});

test.each(['darwin', 'win32'])(
  'on %s nothing is tried; what works there and what runs the rest is named',
  async (system) => {
    const other = machine({ system });
    const { ready, lines } = await ask(other, true);
    expect(ready).toBe(true);
    expect(other.ran).toEqual([]);
    expect(lines.join('\n')).toContain('validate, plan, check, report and verify');
    expect(lines.join('\n')).toContain('.devcontainer/devcontainer.json');
    expect(lines.join('\n')).toContain('lima.yaml');
  },
);

test('other Javas are named, and that a 17 can stand beside them', async () => {
  const { ready, lines } = await ask(
    machine({ jdk: () => null, javas: () => ['21.0.4'], jarsAreFetched: () => false }),
  );
  expect(ready).toBe(false);
  expect(lineOf(lines, 'JDK 17')).toContain('missing  JDK 17: only Java 21.0.4');
  expect(lineOf(lines, 'JDK 17')).toContain('sudo apt-get install -y --no-install-recommends openjdk-17-jdk-headless');
});

test.each([
  [
    'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n',
    'apt-get install -y --no-install-recommends openjdk-17-jdk-headless',
  ],
  ['ID=fedora\nVERSION_ID=41\n', 'dnf install -y java-17-openjdk-headless'],
  ['ID=fedora\nVERSION_ID=42\n', 'Temurin 17'],
  ['ID=debian\nVERSION_ID="13"\n', 'Temurin 17'],
  [
    'ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\n',
    'zypper --non-interactive install java-17-openjdk-headless',
  ],
  ['ID=arch\n', 'pacman -S --needed --noconfirm jdk17-openjdk'],
  ['ID=nixos\n', 'install a JDK 17'],
])('the package of a JDK 17 is that of the distribution: %j', async (osRelease, expected) => {
  const { lines } = await ask(machine({ jdk: () => null, files: { '/etc/os-release': osRelease } }));
  expect(lineOf(lines, 'JDK 17')).toContain(expected);
});

test('a Node that is too old is told of the binary that npm left out', async () => {
  const { ready, lines } = await ask(machine({ nodeVersion: 'v22.20.0' }));
  expect(ready).toBe(false);
  expect(lineOf(lines, 'Node 24')).toContain('npm rebuild node --ignore-scripts=false');
});

test('without nft the namespaces are not tried, and not called ok', async () => {
  const { ready, lines } = await ask(machine({ absent: ['nft'] }));
  expect(ready).toBe(false);
  expect(lineOf(lines, 'nftables')).toContain('missing  nftables: there is no nft → sudo apt-get install');
  expect(lineOf(lines, 'namespaces')).toContain('missing  namespaces: not tried');
});

const REFUSED: Ran = { code: 1, output: 'unshare: write failed /proc/self/uid_map: Operation not permitted\n' };
const RESTRICTED = { '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1\n' };

test("Ubuntu's restriction: a profile for the path of unshare first, then the sysctl", async () => {
  const { ready, lines } = await ask(machine({ programs: { namespaces: REFUSED }, files: RESTRICTED }));
  expect(ready).toBe(false);
  const line = lineOf(lines, 'namespaces');
  expect(line).toContain('missing  namespaces: a user namespace is refused');
  expect(line.indexOf('/etc/apparmor.d/')).toBeGreaterThan(0);
  expect(line.indexOf('kernel.apparmor_restrict_unprivileged_userns=0')).toBeGreaterThan(
    line.indexOf('apparmor_parser'),
  );
});

test('root in a container is told of its options, whatever AppArmor says of ordinary users', async () => {
  const { lines } = await ask(machine({ root: true, programs: { namespaces: REFUSED }, files: RESTRICTED }));
  expect(lineOf(lines, 'namespaces')).toContain('seccomp=unconfined');
});

test('the step that the kernel refuses is named, with the modules it lacks', async () => {
  const output =
    'trying: tmpfs on /run\ntrying: ip netns add\ntrying: bridge\nRTNETLINK answers: Operation not supported\n';
  const { lines } = await ask(machine({ programs: { namespaces: { code: 2, output } } }));
  const line = lineOf(lines, 'namespaces');
  expect(line).toContain('bridge is refused (RTNETLINK answers: Operation not supported)');
  expect(line).toContain('sudo modprobe -a bridge veth nf_tables');
});

test('little memory or disk is a warning, and nothing is missing', async () => {
  const small = machine({ availableMemoryBytes: () => 2 ** 32, freeDiskBytes: () => 2 ** 30 });
  const { ready, lines } = await ask(small);
  expect(ready).toBe(true);
  expect(lineOf(lines, 'memory')).toContain('warning  memory: 4.0 GiB free, 6 GiB are wanted');
  expect(lineOf(lines, 'disk')).toContain('warning  disk: 1.0 GiB free, 4 GiB are wanted');
});

test('libfaketime is needed by some platforms only: a warning, with the line that installs it', async () => {
  const { ready, lines } = await ask(machine({ clockLibrary: () => null }));
  expect(ready).toBe(true);
  const line = lineOf(lines, 'libfaketime');
  expect(line).toContain('warning  libfaketime: not installed');
  expect(line).toContain('sudo apt-get install -y --no-install-recommends libfaketime');
});

test('Python of some versions is needed by scenarios with backups only: a warning, and what helps on this system', async () => {
  const without = { python: () => null };
  const { ready, lines } = await ask(machine(without));
  expect(ready).toBe(true);
  expect(lineOf(lines, 'Python')).toContain('warning  Python: no Python 3.12 or Python 3.11 with its venv');
  expect(lineOf(lines, 'Python')).toContain('apt-get install -y --no-install-recommends python3-venv');
  const trixie = { '/etc/os-release': 'ID=debian\nVERSION_ID="13"\n' };
  const other = await ask(machine({ ...without, files: trixie }));
  expect(lineOf(other.lines, 'Python')).toContain('install Python 3.12 beside your own');
});

test('Go is needed by scenarios with load only: a warning, and where it is to be had', async () => {
  const { ready, lines } = await ask(machine({ absent: ['go'] }));
  expect(ready).toBe(true);
  expect(lineOf(lines, 'Go')).toMatch(/^warning {2}Go: does not work: no scenario with load.*go\.dev\/dl/);
});

test('reports are whole without a browser: a warning, and where one is to be had', async () => {
  const without = { browser: () => null };
  const { ready, lines } = await ask(machine(without));
  expect(ready).toBe(true);
  expect(lineOf(lines, 'browser')).toMatch(/^warning .* sudo apt-get install .* chromium$/);
  const ubuntu = { '/etc/os-release': 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n' };
  const other = await ask(machine({ ...without, files: ubuntu }));
  expect(lineOf(other.lines, 'browser')).toContain('install Google Chrome, ubuntu has Chromium as a snap only');
  expect(lineOf(other.lines, 'browser')).not.toContain('apt-get');
});

test('root with --fix gets what only some need as well, apart: one that cannot be had keeps nothing else', async () => {
  const one = machine({
    root: true,
    clockLibrary: () => null,
    browser: () => null,
    programs: { 'apt-get': { code: 100, output: 'E: Unable to locate package chromium\n' } },
  });
  const { ready, lines } = await ask(one, true);
  expect(one.ran).toContain('apt-get install -y --no-install-recommends libfaketime chromium');
  expect(lines.join('\n')).toContain('it failed: E: Unable to locate package chromium');
  expect(ready).toBe(true);
});

test('root with --fix installs what is missing in one go, and looks again', async () => {
  const absent = ['nft', 'ip'];
  const one = machine({ root: true, absent });
  const run = one.run;
  const { ready, lines } = await ask(
    {
      ...one,
      run: (argv, options) => {
        if (argv.includes('install')) {
          expect(options?.env).toEqual({ DEBIAN_FRONTEND: 'noninteractive' });
          absent.length = 0;
        }
        return run(argv, options);
      },
    },
    true,
  );
  expect(ready).toBe(true);
  expect(one.ran).toContain('apt-get install -y --no-install-recommends iproute2 nftables');
  expect(lineOf(lines, 'nftables')).toMatch(/^ok /);
});

test('an installation that fails is told with its reason', async () => {
  const one = machine({
    root: true,
    absent: ['nft'],
    programs: { 'apt-get': { code: 100, output: 'E: Unable to locate package nftables\n' } },
  });
  const { ready, lines } = await ask(one, true);
  expect(ready).toBe(false);
  expect(lines.join('\n')).toContain('it failed: E: Unable to locate package nftables');
});

test('an ordinary user with --fix is told exactly what root must do once; nothing is installed, the rest is done', async () => {
  let fetched = false;
  const one = machine({
    absent: ['nft', 'mvn'],
    jarsAreFetched: () => fetched,
    fetchJars: async () => {
      fetched = true;
    },
  });
  const { ready, lines } = await ask(one, true);
  expect(ready).toBe(false);
  expect(fetched).toBe(true);
  expect(one.ran.filter((command) => command.includes('install'))).toEqual([]);
  const at = lines.findIndex((line) => line.startsWith('once, by somebody who may act as root'));
  expect(lines[at + 1]).toBe('  sudo apt-get install -y --no-install-recommends maven nftables');
});

test('without --fix nothing is installed, fetched or built', async () => {
  const refuse = async (): Promise<void> => {
    throw new Error('it was done');
  };
  const one = machine({
    root: true,
    absent: ['nft'],
    jarsAreFetched: () => false,
    fetchJars: refuse,
    archivesAreBuilt: () => false,
    buildArchives: refuse,
  });
  const { ready, lines } = await ask(one);
  expect(ready).toBe(false);
  expect(one.ran.filter((command) => command.includes('install'))).toEqual([]);
  expect(lineOf(lines, 'jars of Cassandra and JanusGraph')).toContain('npm run doctor -- --fix');
});

test('jars that cannot be fetched are missing, with the reason', async () => {
  const one = machine({
    jarsAreFetched: () => false,
    fetchJars: async () => {
      throw new Error('no route to host');
    },
  });
  const { ready, lines } = await ask(one, true);
  expect(ready).toBe(false);
  expect(lineOf(lines, 'jars of Cassandra and JanusGraph')).toContain('no route to host');
});

test('archives that cannot be built are a warning: the platform starts without them', async () => {
  const one = machine({
    archivesAreBuilt: () => false,
    buildArchives: async () => {
      throw new Error('the platform did not start');
    },
  });
  const { ready, lines } = await ask(one, true);
  expect(ready).toBe(true);
  expect(lineOf(lines, 'archives of classes')).toContain(
    'warning  archives of classes: not built: the platform did not start',
  );
});

test('archives are not built beside a platform that is up', async () => {
  const one = machine({
    archivesAreBuilt: () => false,
    platformIsUp: async () => true,
    buildArchives: async () => {
      throw new Error('it was done');
    },
  });
  const { ready, lines } = await ask(one, true);
  expect(ready).toBe(true);
  expect(lineOf(lines, 'archives of classes')).toContain('platform down');
});

test('a further store is looked for only where it is asked for, and fetched only then', async () => {
  let fetched = 0;
  const one = machine({
    componentIsFetched: () => fetched > 0,
    fetchComponent: async () => {
      fetched += 1;
    },
  });
  expect(lineOf((await ask(one, true)).lines, 'opensearch')).toBe('');
  expect(fetched).toBe(0);
  const lines: string[] = [];
  const say = { further: ['opensearch'], write: (line: string) => lines.push(line) } as const;
  expect(await runDoctor({ fix: false, ...say }, one)).toBe(false);
  expect(lineOf(lines, 'opensearch')).toContain('npm run doctor -- --fix --with opensearch');
  expect(await runDoctor({ fix: true, ...say }, one)).toBe(true);
  expect(fetched).toBe(1);
});
