import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../errors.ts';
import type { Component } from '../platform.ts';
import { cacheDirectory } from './paths.ts';

const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
const RESOLVE = `${PLUGIN}:build-classpath`;
const UNPACK = `${PLUGIN}:unpack-dependencies`;

/** What has a `pom.xml` under `clusters/local`: components, and the agent by which one of them is asked. */
type Resolved = Component | 'jmx-exporter';

function pomOf(component: Resolved): string {
  return fileURLToPath(new URL(`../../../clusters/local/${component}/pom.xml`, import.meta.url));
}

/** By which a component's class path is known: another when its pom changes. */
export function classPathDigest(component: Resolved): string {
  return createHash('sha256')
    .update(readFileSync(pomOf(component)))
    .digest('hex')
    .slice(0, 16);
}

function cacheFile(component: Resolved): string {
  return join(cacheDirectory(), `class-path-${component}-${classPathDigest(component)}`);
}

/** The jars of a component as they were resolved before; null when they were not, or one of them is gone or empty. */
export function cachedClassPath(component: Resolved): readonly string[] | null {
  const file = cacheFile(component);
  if (!existsSync(file)) return null;
  const jars = readFileSync(file, 'utf8').trim().split(':');
  return jars.every((jar) => existsSync(jar) && statSync(jar).size > 0) ? jars : null;
}

/**
 * The jars of a component, resolved by Maven from its `pom.xml` where they are not cached yet. Maven keeps what it has fetched, so that a
 * resolution that broke off goes on where it was; its own settings (`~/.m2/settings.xml`, MAVEN_ARGS) hold, and the proxy of the environment
 * where these name none. `onProgress` gets lines for people.
 */
export async function resolveClassPath(
  component: Resolved,
  jdkHome: string,
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<readonly string[]> {
  const cached = cachedClassPath(component);
  if (cached) return cached;
  const directory = mkdtempSync(join(cacheDirectory(), 'resolve-'));
  try {
    const out = join(directory, 'class-path');
    await maven(
      ['-B', '-f', pomOf(component), RESOLVE, `-Dmdep.outputFile=${out}`],
      component,
      jdkHome,
      signal,
      onProgress,
    );
    renameSync(out, cacheFile(component));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const jars = cachedClassPath(component);
  if (!jars) {
    rmSync(cacheFile(component), { force: true });
    throw new PlatformError(`Maven resolved ${component}, but a jar is missing or empty in its repository`, {
      hint: 'remove the empty jar from ~/.m2/repository and try again',
    });
  }
  return jars;
}

function distributionDirectory(component: Component): string {
  return join(cacheDirectory(), `distribution-${component}-${classPathDigest(component)}`);
}

/** Where a component's distribution was unpacked before; null when it was not. */
export function cachedDistribution(component: Component): string | null {
  const directory = distributionDirectory(component);
  return existsSync(directory) ? directory : null;
}

/** The same for a component whose `pom.xml` names archives: they are unpacked into the directory that is returned, which is there whole or not at all. */
export async function resolveDistribution(
  component: Component,
  jdkHome: string,
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<string> {
  const cached = cachedDistribution(component);
  if (cached) return cached;
  onProgress(`${component}: its distribution is fetched and unpacked, once`);
  const part = mkdtempSync(join(cacheDirectory(), 'unpack-'));
  try {
    // Markers of what it has unpacked would else go beside the pom, and it would unpack nothing the next time.
    const where = [`-DoutputDirectory=${part}`, `-DmarkersDirectory=${join(part, '.markers')}`];
    await maven(['-B', '-f', pomOf(component), UNPACK, ...where], component, jdkHome, signal, onProgress);
    try {
      renameSync(part, distributionDirectory(component));
    } catch (error) {
      // Another was faster.
      if (cachedDistribution(component) === null) throw error;
    }
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return distributionDirectory(component);
}

async function maven(
  args: readonly string[],
  component: Resolved,
  jdkHome: string,
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<void> {
  const child = spawn('mvn', [...proxyOptions(process.env), ...args], {
    env: { ...process.env, JAVA_HOME: jdkHome },
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const errors: string[] = [];
  let fetched = 0;
  let saidAt = 0;
  const reading = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('Downloaded')) fetched += 1;
      if (line.includes('[ERROR]')) errors.push(line);
      if (fetched > 0 && Date.now() - saidAt > 1_000) {
        saidAt = Date.now();
        onProgress(`${component}: ${fetched} files fetched`);
      }
    }
  })();
  const code = await ended.catch((error: unknown) => {
    throw new PlatformError('Maven (mvn) cannot be run', { cause: error, hint: 'npm run doctor -- --fix' });
  });
  await reading;
  if (code === 0) return;
  throw new PlatformError(`Maven could not resolve ${component}: ${errors[0] ?? `exit code ${code}`}`, {
    hint: 'check the network, or the proxy and mirrors of ~/.m2/settings.xml; what was fetched is kept, so run it again',
  });
}

/** Maven does not read the proxy variables of the environment by itself. Passwords of a proxy stay with Maven's settings. */
export function proxyOptions(env: NodeJS.ProcessEnv): readonly string[] {
  const options: string[] = [];
  for (const scheme of ['http', 'https'] as const) {
    const value = env[`${scheme}_proxy`] ?? env[`${scheme.toUpperCase()}_PROXY`];
    if (!value || !URL.canParse(value)) continue;
    const { hostname, port } = new URL(value);
    options.push(`-D${scheme}.proxyHost=${hostname}`, `-D${scheme}.proxyPort=${port || '80'}`);
  }
  const none = env.no_proxy ?? env.NO_PROXY;
  if (options.length > 0 && none) {
    const hosts = none.split(',').map((host) => host.trim().replace(/^\./, '*.'));
    options.push(`-Dhttp.nonProxyHosts=${hosts.filter(Boolean).join('|')}`);
  }
  return options;
}
