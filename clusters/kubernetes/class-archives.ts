import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extract } from 'tar';
import { wholeLines } from '../../src/platform/local/archive.ts';
import { MODULES } from '../../src/platform/local/cassandra.ts';
import { archivePath, type Database, GRAPH_DATABASES } from './graph-config.ts';
import { buildLayer, type Layer, short } from './image.ts';
import { JAVA_HOME } from './java-layer.ts';
import { cache } from './places.ts';
import { run } from './run.ts';

const REHEARSAL = fileURLToPath(new URL('./graph/rehearse', import.meta.url));
const REHEARSAL_MS = 300_000;

/** The classes of both databases as their JVMs map them: a start takes half the time, and the sites share the memory. */
export function classArchiveLayer(
  below: readonly Layer[],
  jars: (database: Database) => readonly string[],
  say: (line: string) => void,
): Layer {
  // Settings do not matter: which classes are loaded hardly depends on them.
  const matters = below.filter(({ name }) => name !== 'graph-config').map(({ digest }) => digest);
  return {
    name: 'graph-classes',
    digest: short(JSON.stringify(['1', matters, MODULES])),
    fill: async (root) => {
      say('the databases start once, to see which classes they load');
      const system = mkdtempSync(join(cache(), 'rehearsal-'));
      try {
        for (const layer of below) await extract({ file: (await buildLayer(layer)).file, cwd: system });
        await rehearse(system);
        for (const database of GRAPH_DATABASES) {
          await dump(system, database, jars(database));
          const archive = join(root, archivePath(database));
          mkdirSync(dirname(archive), { recursive: true });
          copyFileSync(join(system, archivePath(database)), archive);
        }
      } finally {
        rmSync(system, { recursive: true, force: true });
      }
    },
  };
}

async function rehearse(system: string): Promise<void> {
  copyFileSync(REHEARSAL, join(system, 'tmp/rehearse'));
  await inside(system, ['/tmp/rehearse']);
}

/** The JVM takes an archive only for the same jars in the same order, of the same times. */
async function dump(system: string, database: Database, jars: readonly string[]): Promise<void> {
  const list = join(system, `tmp/${database}.list`);
  writeFileSync(list, wholeLines(readFileSync(list, 'utf8')));
  await inside(system, [
    `${JAVA_HOME}/bin/java`,
    '-Xshare:dump',
    ...(database === 'cassandra' ? MODULES : []),
    `-XX:SharedClassListFile=/tmp/${database}.list`,
    `-XX:SharedArchiveFile=${archivePath(database)}`,
    '-Xmx1g',
    '-Xlog:disable',
    '-Xlog:all=error:stderr',
    '-cp',
    jars.join(':'),
  ]);
}

/** Runs something in an unpacked image: with its own network, of which it sees nothing but itself, and gone with its first process. */
async function inside(system: string, argv: readonly string[]): Promise<void> {
  for (const name of ['proc', 'dev']) mkdirSync(join(system, name), { recursive: true });
  // Cassandra asks how full its disk is: its root must be a mount.
  const script = [
    'set -e',
    'system=$1; shift',
    'mount --bind "$system" "$system"',
    'mount --bind /dev "$system/dev"',
    'mount -t proc proc "$system/proc"',
    'exec chroot "$system" "$@"',
  ].join('\n');
  const namespaces = ['unshare', '--mount', '--net', '--pid', '--fork', '--kill-child'];
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };
  await run([...namespaces, 'sh', '-c', script, 'sh', system, ...argv], { timeout: REHEARSAL_MS, env });
}
