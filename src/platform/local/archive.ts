import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, PlatformError } from '../../errors.ts';
import type { Component } from '../platform.ts';
import type { Jdk } from './jdk.ts';
import { cacheDirectory } from './paths.ts';

const run = promisify(execFile);
const DUMP_MS = 10 * 60_000;

/** Where the archive of a component's classes is kept: made for one JDK and one class path, useless for any other. */
export function archiveFile(component: Component, jdk: Jdk, jars: readonly string[]): string {
  const digest = createHash('sha256')
    .update(`${jdk.home}\n${jdk.version}\n${jars.join('\n')}`)
    .digest('hex')
    .slice(0, 16);
  return join(cacheDirectory(), `classes-${component}-${digest}.jsa`);
}

/** The options with which a JVM shares the archive of its classes; none where there is no archive yet. A JVM that cannot use it goes without. */
export function archiveOptions(component: Component, jdk: Jdk, jars: readonly string[]): readonly string[] {
  const file = archiveFile(component, jdk, jars);
  return existsSync(file) ? ['-Xshare:auto', `-XX:SharedArchiveFile=${file}`] : [];
}

/** The options with which each JVM of a component writes the names of the classes it loads into `directory`. */
export function listOptions(component: Component, directory: string): readonly string[] {
  return [`-XX:DumpLoadedClassList=${join(directory, component)}-%p.list`];
}

/** The longest of the lists that the JVMs of a component wrote into `directory`. */
export function bestClassList(directory: string, component: Component): string {
  const sizes = readdirSync(directory)
    .filter((name) => name.startsWith(`${component}-`))
    .map((name) => ({ file: join(directory, name), size: statSync(join(directory, name)).size }));
  const [best] = sizes.sort((a, b) => b.size - a.size);
  if (!best) throw new PlatformError(`no JVM of ${component} wrote a list of its classes into ${directory}`);
  return best.file;
}

/**
 * Dumps the archive of a component from a list of classes. `options`: those of the JVM's that change its modules, the same as at its start. The
 * file is there whole or not at all.
 */
export async function dumpArchive(
  from: {
    readonly component: Component;
    readonly jdk: Jdk;
    readonly jars: readonly string[];
    readonly list: string;
    readonly options: readonly string[];
  },
  signal: AbortSignal,
): Promise<void> {
  const { component, jdk, jars, list, options } = from;
  const file = archiveFile(component, jdk, jars);
  const part = `${file}.${process.pid}.part`;
  const whole = `${list}.whole`;
  writeFileSync(whole, wholeLines(readFileSync(list, 'utf8')));
  const args = [
    '-Xshare:dump',
    ...options,
    `-XX:SharedClassListFile=${whole}`,
    `-XX:SharedArchiveFile=${part}`,
    '-Xmx1g',
    '-Xlog:disable',
    '-Xlog:all=error:stderr',
    '-cp',
    jars.join(':'),
  ];
  try {
    await run(join(jdk.home, 'bin/java'), args, { timeout: DUMP_MS, signal, maxBuffer: 1 << 26 });
    renameSync(part, file);
  } catch (error) {
    throw new PlatformError(`the archive of ${component}'s classes could not be made: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    rmSync(part, { force: true });
  }
}

/** A JVM that is killed may leave half a line at the end of its list. */
export function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}
