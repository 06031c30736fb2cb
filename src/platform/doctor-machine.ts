import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { findBrowser } from '../report/browser.ts';
import { DATABASES, type FurtherComponent } from './components.ts';
import { archiveFile } from './local/archive.ts';
import { findPython } from './local/backups/python.ts';
import { buildArchives } from './local/build-archives.ts';
import { cachedClassPath, resolveClassPath } from './local/class-path.ts';
import { findClockLibrary } from './local/clock-library.ts';
import { loadLocalConfig } from './local/config.ts';
import { areClassesFetched, fetchClasses } from './local/fetch-classes.ts';
import { candidateHomes, findJdk, type Jdk, javaVersion } from './local/jdk.ts';
import { jarsAreFetched, localPlatformStatus } from './local/local-platform.ts';
import { programPath, stateDirectory } from './local/paths.ts';
import { findTemplate } from './local/template.ts';

/** `code` null: there is no such program. `output`: standard output, then standard error. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** The machine as the doctor sees and changes it. */
export interface Machine {
  /** As `process.platform`. */
  readonly system: string;
  readonly root: boolean;
  readonly nodeVersion: string;
  run(argv: readonly string[], options?: { timeoutMs?: number; env?: NodeJS.ProcessEnv }): Promise<Ran>;
  /** Null when it cannot be read. */
  read(path: string): string | null;
  jdk(): Jdk | null;
  /** Versions of every Java that is installed. */
  javas(): readonly string[];
  /** Null when it is not installed. */
  clockLibrary(): string | null;
  /** The name of one that can run Medusa; null when there is none. */
  python(): string | null;
  /** Null when none is installed. */
  browser(): string | null;
  availableMemoryBytes(): number;
  freeDiskBytes(): number;
  platformIsUp(): Promise<boolean>;
  jarsAreFetched(): boolean;
  fetchJars(jdk: Jdk, write: (line: string) => void): Promise<void>;
  componentIsFetched(component: FurtherComponent): boolean;
  fetchComponent(component: FurtherComponent, jdk: Jdk, write: (line: string) => void): Promise<void>;
  archivesAreBuilt(jdk: Jdk): boolean;
  buildArchives(jdk: Jdk, write: (line: string) => void): Promise<void>;
}

const FETCH_MS = 30 * 60_000;

export function thisMachine(): Machine {
  return {
    system: process.platform,
    root: process.getuid?.() === 0,
    nodeVersion: process.version,
    run: (argv, { timeoutMs = 30_000, env = {} } = {}) => runProgram(argv, timeoutMs, env),
    read: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return null;
      }
    },
    jdk: () => findJdk(),
    javas: () => candidateHomes().flatMap((home) => javaVersion(home) ?? []),
    clockLibrary: () => findClockLibrary(),
    python: () => findPython(),
    browser: () => findBrowser(programPath(process.env)),
    availableMemoryBytes: () => process.availableMemory(),
    freeDiskBytes: () => {
      const { bavail, bsize } = statfsSync(stateDirectory());
      return bavail * bsize;
    },
    platformIsUp: async () => (await localPlatformStatus(AbortSignal.timeout(5_000))) !== null,
    jarsAreFetched,
    fetchJars: async (jdk, write) => {
      for (const one of DATABASES) await resolveClassPath(one, jdk.home, AbortSignal.timeout(FETCH_MS), write);
    },
    componentIsFetched: areClassesFetched,
    fetchComponent: async (component, jdk, write) => {
      await fetchClasses(component, jdk.home, AbortSignal.timeout(FETCH_MS), write);
    },
    archivesAreBuilt: (jdk) =>
      findTemplate(loadLocalConfig()) !== null &&
      DATABASES.every((one) => {
        const jars = cachedClassPath(one);
        return jars !== null && existsSync(archiveFile(one, jdk, jars));
      }),
    buildArchives: (jdk, write) => buildArchives(jdk, AbortSignal.timeout(FETCH_MS), write),
  };
}

function runProgram(argv: readonly string[], timeoutMs: number, env: NodeJS.ProcessEnv): Promise<Ran> {
  const [file, ...args] = argv as [string, ...string[]];
  const options = {
    timeout: timeoutMs,
    maxBuffer: 1 << 24,
    env: { ...process.env, PATH: programPath(process.env), LC_ALL: 'C', ...env },
  };
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      const output = stripVTControlCharacters(`${stdout}${stderr}`);
      if (!error) resolve({ code: 0, output });
      else if (error.code === 'ENOENT') resolve({ code: null, output: '' });
      else resolve({ code: typeof error.code === 'number' ? error.code : -1, output: output || error.message });
    });
  });
}
