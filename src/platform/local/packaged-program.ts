import { execFile, execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, PlatformError } from '../../errors.ts';
import { cacheDirectory, programPath } from './paths.ts';

const run = promisify(execFile);
const FETCH_MS = 5 * 60_000;

/** A program that distributions package. One in PATH is taken as it is; else the package is unpacked into the cache, and nothing of the machine is touched. */
export interface Packaged {
  /** What it is called, the likeliest first. */
  readonly programs: readonly string[];
  /** Of Debian and what comes of it. */
  readonly package: string;
  /** Others that are unpacked with it. */
  readonly beside?: readonly string[];
}

/** The program's file; null where there is none yet. */
export function findProgram(packaged: Packaged): string | null {
  const unpacked = join(unpackedTo(packaged), 'usr/bin');
  for (const directory of [...programPath(process.env).split(delimiter), unpacked])
    for (const name of packaged.programs) if (isProgram(join(directory, name))) return join(directory, name);
  return null;
}

/** Where the package is unpacked, whether it is or not. */
export function unpackedTo(packaged: Packaged): string {
  return join(cacheDirectory(), `package-${packaged.package}`);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The program's file, from the package where it has to be fetched: with the machine's own sources, keys and proxy, and lists of its own, so that it needs no
 * root. PlatformErrors: no apt here, or it failed.
 */
export async function fetchProgram(
  packaged: Packaged,
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<string> {
  const found = findProgram(packaged);
  if (found !== null) return found;
  const [name] = packaged.programs;
  onProgress(`${name}: the package ${packaged.package} is fetched and unpacked, once`);
  const directory = mkdtempSync(join(cacheDirectory(), 'unpack-'));
  try {
    await unpack(packaged, directory, signal);
    // One that is whole may be in use.
    const theirs = findProgram(packaged);
    if (theirs !== null) return theirs;
    rmSync(unpackedTo(packaged), { recursive: true, force: true });
    renameSync(join(directory, 'whole'), unpackedTo(packaged));
  } catch (error) {
    // Another was faster.
    const theirs = findProgram(packaged);
    if (theirs !== null) return theirs;
    signal.throwIfAborted();
    throw new PlatformError(`${name} could not be fetched: ${whyOf(error)}`, {
      cause: error,
      hint: `have ${packaged.programs.join(' or ')} in PATH, or mend the sources of apt`,
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const unpacked = findProgram(packaged);
  if (unpacked !== null) return unpacked;
  throw new PlatformError(`the package ${packaged.package} holds no ${packaged.programs.join(' or ')}`);
}

async function unpack(packaged: Packaged, directory: string, signal: AbortSignal): Promise<void> {
  const options = { cwd: directory, signal, timeout: FETCH_MS, env: { ...process.env, LC_ALL: 'C' } };
  for (const one of ['state/lists/partial', 'cache/archives/partial', 'whole'])
    mkdirSync(join(directory, one), { recursive: true });
  const own = {
    'Dir::State': join(directory, 'state'),
    'Dir::State::status': '/var/lib/dpkg/status',
    'Dir::Cache': join(directory, 'cache'),
    // Nobody else may enter here.
    ...(process.getuid?.() === 0 && { 'APT::Sandbox::User': 'root' }),
  };
  const settings = Object.entries(own).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  await run('apt-get', [...settings, '-qq', 'update'], options);
  const wanted = [packaged.package, ...(packaged.beside ?? [])];
  await run('apt-get', [...settings, '-qq', 'download', ...wanted], options);
  const files = readdirSync(directory).filter((one) => one.endsWith('.deb'));
  if (files.length < wanted.length)
    throw new PlatformError(`apt-get was to fetch ${wanted.join(', ')}, and fetched ${files.join(', ') || 'nothing'}`);
  for (const file of files) await run('dpkg-deb', ['--extract', file, join(directory, 'whole')], options);
}

/** What apt said last, and not the command that was run. */
function whyOf(error: unknown): string {
  const { code, stderr } = (error ?? {}) as { code?: unknown; stderr?: unknown };
  if (code === 'ENOENT') return 'there is no apt-get or dpkg-deb here';
  const said = String(stderr ?? '')
    .trim()
    .split('\n')
    .at(-1);
  return said || messageOf(error);
}

/** Where the libraries of an unpacked package are, for the loader; empty where it has been installed. */
export function libraryPath(packaged: Packaged): string {
  const home = unpackedTo(packaged);
  if (!findProgram(packaged)?.startsWith(home)) return '';
  return ['usr/lib', 'lib'].flatMap((one) => multiarchIn(join(home, one))).join(':');
}

/** Debian keeps libraries by the machine that they are for: `x86_64-linux-gnu`. */
function multiarchIn(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => name.includes('-linux-'));
  return names.map((name) => join(directory, name));
}

/** What it says that its version is: `2.42.0+ds`; what it is asked with, all understand. */
export function versionOf(packaged: Packaged): string {
  const file = findProgram(packaged);
  if (file === null) return 'not fetched yet';
  try {
    const said = execFileSync(file, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LD_LIBRARY_PATH: libraryPath(packaged) },
      timeout: 20_000,
    });
    return /(?:version |v=)(\S+)/.exec(said)?.[1] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

/** The files that a program of an unpacked package looks for in the machine's own directories; null where it has been installed, or needs none. */
export function sharedFiles(packaged: Packaged, wanted: string): string | null {
  const share = join(unpackedTo(packaged), 'usr/share');
  if (!findProgram(packaged)?.startsWith(unpackedTo(packaged))) return null;
  return existsSync(join('/usr/share', wanted)) || !existsSync(join(share, wanted)) ? null : share;
}
