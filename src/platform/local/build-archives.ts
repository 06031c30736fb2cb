import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { archiveFile, bestClassList, dumpArchive } from './archive.ts';
import { MODULES } from './cassandra.ts';
import { resolveClassPath } from './class-path.ts';
import { loadLocalConfig } from './config.ts';
import type { Jdk } from './jdk.ts';
import { startLocalPlatform } from './local-platform.ts';
import { cacheDirectory } from './paths.ts';

const COMPONENTS = ['cassandra', 'janusgraph'] as const;

/**
 * Builds the archives of classes that are not there: starts a platform whose JVMs list what they load, stops it, and dumps. It takes two to
 * three minutes and is worth about a third of every later start.
 */
export async function buildArchives(jdk: Jdk, signal: AbortSignal, onProgress: (line: string) => void): Promise<void> {
  const lists = mkdtempSync(join(cacheDirectory(), 'lists-'));
  try {
    onProgress('a platform starts once, to see which classes it loads');
    const platform = await startLocalPlatform({
      config: loadLocalConfig(),
      owned: true,
      signal,
      onProgress,
      classLists: lists,
    });
    await platform[Symbol.asyncDispose]();
    for (const component of COMPONENTS) {
      const jars = await resolveClassPath(component, jdk.home, signal, onProgress);
      if (existsSync(archiveFile(component, jdk, jars))) continue;
      onProgress(`${component}: archive of its classes`);
      const options = component === 'cassandra' ? MODULES : [];
      await dumpArchive({ component, jdk, jars, list: bestClassList(lists, component), options }, signal);
    }
  } finally {
    rmSync(lists, { recursive: true, force: true });
  }
}
