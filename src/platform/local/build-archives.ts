import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASES } from '../components.ts';
import { archiveFile, bestClassList, dumpArchive } from './archive.ts';
import { loadLocalConfig } from './config.ts';
import { fetchClasses } from './fetch-classes.ts';
import type { Jdk } from './jdk.ts';
import { KINDS } from './kinds.ts';
import { startLocalPlatform } from './local-platform.ts';
import { cacheDirectory } from './paths.ts';
import { templateDirectory } from './template.ts';

/**
 * Builds what makes later starts faster: starts a platform whose JVMs list what they load, shuts it down, keeps its data as the template, and
 * dumps the archives of classes that are not there.
 */
export async function buildArchives(jdk: Jdk, signal: AbortSignal, onProgress: (line: string) => void): Promise<void> {
  const config = loadLocalConfig();
  const lists = mkdtempSync(join(cacheDirectory(), 'lists-'));
  try {
    onProgress('a platform starts once, to see which classes it loads');
    const platform = await startLocalPlatform({
      config,
      owned: true,
      signal,
      onProgress,
      rehearsal: { classLists: lists, template: templateDirectory(config) },
    });
    await platform[Symbol.asyncDispose]();
    for (const component of DATABASES) {
      const { jars } = await fetchClasses(component, jdk.home, signal, onProgress);
      if (existsSync(archiveFile(component, jdk, jars))) continue;
      onProgress(`${component}: archive of its classes`);
      const options = KINDS[component].modules;
      await dumpArchive({ component, jdk, jars, list: bestClassList(lists, component), options }, signal);
    }
  } finally {
    rmSync(lists, { recursive: true, force: true });
  }
}
