import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from '../platform.ts';
import type { Jdk } from './jdk.ts';
import { cacheDirectory } from './paths.ts';

/** Where the archive of a component's classes is kept: made for one JDK and one class path, useless for any other. */
export function archiveFile(component: Component, jdk: Jdk, jars: readonly string[]): string {
  const digest = createHash('sha256')
    .update(`${jdk.home}\n${jdk.version}\n${jars.join('\n')}`)
    .digest('hex')
    .slice(0, 16);
  return join(cacheDirectory(), `classes-${component}-${digest}.jsa`);
}

/** The options with which a JVM shares the archive of its classes; none where there is no archive yet. */
export function archiveOptions(component: Component, jdk: Jdk, jars: readonly string[]): readonly string[] {
  const file = archiveFile(component, jdk, jars);
  return existsSync(file) ? ['-Xshare:auto', `-XX:SharedArchiveFile=${file}`] : [];
}
