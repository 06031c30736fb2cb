import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../../errors.ts';
import { cacheDirectory } from '../paths.ts';
import { findPython, PYTHONS } from './python.ts';

const REQUIREMENTS = fileURLToPath(new URL('../../../../clusters/local/medusa/requirements.txt', import.meta.url));

export const MEDUSA = 'Medusa 0.31.0';

/** Where Medusa's own Python environment is, or is to be: another when one of its packages changes. */
function medusaDirectory(): string {
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 16);
  return join(cacheDirectory(), `medusa-${digest}`);
}

/** The Python that runs Medusa; null when it was not fetched yet. */
export function cachedMedusa(): string | null {
  const python = join(medusaDirectory(), 'bin/python');
  return existsSync(python) ? python : null;
}

/**
 * The same, fetched where it is not there: a Python environment with exactly the packages whose digests are locked, whole or not at all. pip keeps
 * what it has fetched; its own settings (pip.conf, PIP_INDEX_URL, the proxy of the environment) hold.
 */
export async function fetchMedusa(signal: AbortSignal, onProgress: (line: string) => void): Promise<string> {
  const cached = cachedMedusa();
  if (cached !== null) return cached;
  const python = findPython();
  if (python === null)
    throw new PlatformError(`backups need ${PYTHONS.join(' or ')} with its venv: ${MEDUSA} runs on no other`, {
      hint: 'npm run doctor -- --fix',
    });
  onProgress(`${MEDUSA} is fetched, once`);
  const part = mkdtempSync(join(cacheDirectory(), 'medusa-part-'));
  try {
    await run(python, ['-m', 'venv', part], signal, () => {});
    let fetched = 0;
    const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', '--progress-bar', 'off', '--no-deps'];
    await run(join(part, 'bin/python'), [...pip, '--require-hashes', '-r', REQUIREMENTS], signal, (line) => {
      if (line.startsWith('Collecting')) fetched += 1;
      if (fetched % 10 === 0 && line.startsWith('Collecting')) onProgress(`${MEDUSA}: ${fetched} packages`);
    });
    try {
      renameSync(part, medusaDirectory());
    } catch (error) {
      // Another was faster.
      if (cachedMedusa() === null) throw error;
    }
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return join(medusaDirectory(), 'bin/python');
}

async function run(
  file: string,
  args: readonly string[],
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const errors: string[] = [];
  const reading = [
    (async () => {
      for await (const line of createInterface({ input: child.stdout })) onLine(line);
    })(),
    (async () => {
      for await (const line of createInterface({ input: child.stderr })) if (/error/i.test(line)) errors.push(line);
    })(),
  ];
  const code = await ended;
  await Promise.all(reading);
  if (code === 0) return;
  throw new PlatformError(`${MEDUSA} could not be fetched: ${errors[0]?.trim() ?? `exit code ${code}`}`, {
    hint: 'check the network, or the index and proxy of pip (pip config list); what was fetched is kept, so run it again',
  });
}
