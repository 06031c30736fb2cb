import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { PlatformError } from '../../errors.ts';
import { proxyOptions } from './class-path.ts';
import { cacheDirectory } from './paths.ts';

export const PULSAR_VERSION = '4.0.8';
const ARTIFACT = `org.apache.pulsar:pulsar-server-distribution:${PULSAR_VERSION}:tar.gz:bin`;
const UNPACK = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack';
const SAY_MS = 5_000;

/** Where Pulsar's own distribution is kept, unpacked; null: it was not fetched yet. */
export function cachedPulsar(): string | null {
  const home = join(cacheDirectory(), `pulsar-${PULSAR_VERSION}`);
  const conf = join(home, 'conf/standalone.conf');
  return existsSync(conf) && statSync(conf).size > 0 ? home : null;
}

/**
 * Pulsar's own distribution, unpacked: from the cache, or fetched by Maven (245 MB, once). It is there whole or not at all. `onProgress` gets
 * lines for people.
 */
export async function resolvePulsar(
  jdkHome: string,
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<string> {
  const cached = cachedPulsar();
  if (cached !== null) return cached;
  const directory = mkdtempSync(join(cacheDirectory(), 'pulsar-'));
  const home = join(cacheDirectory(), `pulsar-${PULSAR_VERSION}`);
  const began = Date.now();
  const said = setInterval(
    () =>
      onProgress(`pulsar: its distribution of 245 MB is fetched, since ${Math.round((Date.now() - began) / 1_000)} s`),
    SAY_MS,
  );
  try {
    await unpack(directory, jdkHome, signal);
    rmSync(home, { recursive: true, force: true });
    renameSync(join(directory, `apache-pulsar-${PULSAR_VERSION}`), home);
  } finally {
    clearInterval(said);
    rmSync(directory, { recursive: true, force: true });
  }
  return home;
}

async function unpack(directory: string, jdkHome: string, signal: AbortSignal): Promise<void> {
  const args = ['-B', UNPACK, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${directory}`];
  const child = spawn('mvn', [...proxyOptions(process.env), ...args], {
    // Not in a directory with a pom of somebody else's.
    cwd: directory,
    env: { ...process.env, JAVA_HOME: jdkHome },
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
      .split('\n')
      .filter((line) => line.includes('[ERROR]'))
      .join('\n');
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new PlatformError('Maven (mvn) cannot be run', { cause: error, hint: 'npm run doctor -- --fix' });
  });
  if (code === 0) return;
  throw new PlatformError(`Maven could not fetch Pulsar: ${said.split('\n')[0] || `exit code ${code}`}`, {
    hint: 'check the network, or the proxy and mirrors of ~/.m2/settings.xml, and run it again',
  });
}
