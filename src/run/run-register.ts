import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sha256Hex } from '../history/chain.ts';
import type { Sequence } from '../history/intent.ts';

/** One run that was begun, as a register knows it. */
export interface RegisteredRun {
  readonly counter: number;
  readonly run: string;
  readonly intentSha256: string;
  /** Where its directory was made. */
  readonly directory: string;
}

const SERIES = 'series';
const TRIES = 1_000;

/**
 * Takes the next counter of a register for a run that is about to begin. `declare` makes the run's `intent.json` with its place in the sequence; that counter is then
 * this run's, whatever becomes of it, so that one that is deleted or hidden leaves a gap. Several processes may call at once. A register belongs to a user of a
 * machine and not to a directory of reports: a run whose report went elsewhere leaves a gap too. Throws what the file system throws.
 */
export function registerRun(
  register: string,
  run: string,
  directory: string,
  declare: (sequence: Sequence) => string,
): string {
  mkdirSync(register, { recursive: true, mode: 0o700 });
  const series = seriesOf(register);
  const draft = join(register, `.${run}`);
  try {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const last = registeredRuns(register).at(-1);
      const counter = (last?.counter ?? 0) + 1;
      const intent = declare({ series, counter, previous: last === undefined ? null : previousOf(last) });
      const entry: RegisteredRun = { counter, run, intentSha256: sha256Hex(intent), directory: resolve(directory) };
      writeFileSync(draft, `${JSON.stringify(entry, null, 2)}\n`, { flush: true });
      // Whole or not at all, and one process only.
      if (linked(draft, join(register, `${counter}.json`))) return intent;
    }
    throw new Error(`${register}: no counter could be taken`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The runs of a register in order; none where there is no register. */
export function registeredRuns(register: string): readonly RegisteredRun[] {
  return namesIn(register)
    .filter((name) => /^[1-9][0-9]*\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(register, name), 'utf8')) as RegisteredRun)
    .sort((a, b) => a.counter - b.counter);
}

/** The name of a register's series; null: there is no register. */
export function seriesIn(register: string): string | null {
  return namesIn(register).includes(SERIES) ? readFileSync(join(register, SERIES), 'utf8') : null;
}

function seriesOf(register: string): string {
  const draft = join(register, `.${SERIES}-${randomBytes(6).toString('hex')}`);
  try {
    writeFileSync(draft, randomBytes(16).toString('hex'), { flush: true });
    linked(draft, join(register, SERIES));
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(join(register, SERIES), 'utf8');
}

/** The run before, with the digest of its manifest where it is sealed by now: so what follows vouches for what was. */
function previousOf({ run, intentSha256, directory }: RegisteredRun): Sequence['previous'] {
  let manifestSha256: string | null = null;
  try {
    manifestSha256 = sha256Hex(readFileSync(join(directory, 'manifest.json')));
  } catch {
    // It is not sealed, or not there any more.
  }
  return { run, intentSha256, manifestSha256 };
}

/** False when there is one already. */
function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function namesIn(register: string): readonly string[] {
  try {
    return readdirSync(register);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
