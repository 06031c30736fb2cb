import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export interface Jdk {
  readonly home: string;
  readonly version: string;
}

/** The major version of Java that every released Cassandra 5.0 runs on. */
export const JAVA_MAJOR = 17;

/** Homes of Java that may be there, best known first: JAVA_HOME, then distributions' and version managers' places, then PATH. */
export function candidateHomes(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const parents = [
    '/usr/lib/jvm',
    '/usr/java',
    '/opt/java',
    '/opt',
    join(homedir(), '.sdkman/candidates/java'),
    join(homedir(), '.jdks'),
  ];
  const installed = parents.flatMap((parent) =>
    existsSync(parent) ? readdirSync(parent).map((one) => join(parent, one)) : [],
  );
  const onPath = (env.PATH ?? '').split(delimiter).flatMap((directory) => {
    const java = join(directory, 'java');
    return existsSync(java) ? [dirname(dirname(realpathSync(java)))] : [];
  });
  const homes = [...(env.JAVA_HOME ? [env.JAVA_HOME] : []), ...installed, ...onPath];
  return [...new Set(homes.filter((home) => existsSync(join(home, 'bin/java'))).map((home) => realpathSync(home)))];
}

/** The version of a Java home: from its `release` file, else from what it prints; null when it does not run. */
export function javaVersion(home: string): string | null {
  const release = join(home, 'release');
  if (existsSync(release)) {
    const found = /^JAVA_VERSION="([^"]+)"/m.exec(readFileSync(release, 'utf8'));
    if (found) return found[1] as string;
  }
  try {
    const text = execFileSync(join(home, 'bin/java'), ['-XshowSettings:properties', '-version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
    });
    return /java\.version = (\S+)/.exec(text)?.[1] ?? null;
  } catch {
    return null;
  }
}

/** A JDK 17 among those installed, whatever the default is; null when there is none. */
export function findJdk(homes: readonly string[] = candidateHomes(), versionOf = javaVersion): Jdk | null {
  for (const home of homes) {
    const version = versionOf(home);
    if (version !== null && Number(version.split('.')[0]) === JAVA_MAJOR) return { home, version };
  }
  return null;
}
