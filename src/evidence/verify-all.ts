import type { KeyObject } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { isDrillError } from '../errors.ts';
import { readWhole, sha256, shownPath } from './bundle-files.ts';
import { parseExact } from './exact-json.ts';
import { type Signed, verifyBundle } from './verify.ts';

const sequenceSchema = z.looseObject({
  run: z.string(),
  sequence: z
    .strictObject({
      series: z.string().regex(/^[0-9a-f]{32}$/),
      counter: z.int().positive(),
      previous: z
        .strictObject({ run: z.string(), intentSha256: z.string(), manifestSha256: z.string().nullable() })
        .nullable(),
    })
    .optional(),
});

/** A run directory that was found, and what is wrong with it by itself; null: nothing. */
export interface FoundRun {
  /** Below the directory that was looked through. */
  readonly path: string;
  readonly signed: Signed['state'];
  readonly problem: string | null;
}

export interface AllVerified {
  readonly runs: readonly FoundRun[];
  /** What is wrong between them: a counter that is missing, or there twice, a run that another one does not follow. */
  readonly gaps: readonly string[];
  /** What cannot be seen from here. */
  readonly notes: readonly string[];
}

/** The register of this machine: the runs of a series that were begun here. */
export interface LocalRegister {
  readonly series: string;
  readonly runs: readonly {
    readonly counter: number;
    readonly run: string;
    readonly intentSha256: string;
    readonly directory: string;
  }[];
}

interface Placed {
  readonly path: string;
  readonly run: string;
  readonly intentSha256: string;
  readonly manifestSha256: string | null;
  readonly sequence: NonNullable<z.infer<typeof sequenceSchema>['sequence']>;
}

const MAX_DEPTH = 4;
/** A hole is named run by run up to so many. */
const MAX_NAMED = 20;

/** Verifies every run below a directory, and that by their counters none is missing among them. `known`: what the register of a series says, if it is here. */
export function verifyAll(root: string, publicKey: KeyObject | null, local: LocalRegister | null): AllVerified {
  const runs: FoundRun[] = [];
  const bySeries = new Map<string, Placed[]>();
  let without = 0;
  for (const directory of runDirectories(root, 0)) {
    const path = shownPath(relative(root, directory) || '.');
    const found = verifyOne(directory, path, publicKey);
    const placed = place(directory, path);
    runs.push(typeof placed === 'string' && found.problem === null ? { ...found, problem: placed } : found);
    if (placed === null) without += 1;
    else if (typeof placed === 'object') {
      const { series } = placed.sequence;
      bySeries.set(series, [...(bySeries.get(series) ?? []), placed]);
    }
  }
  const notes: string[] = [];
  if (without > 0) notes.push(`${without} without a counter: whether others were left out among them cannot be seen`);
  if (bySeries.size > 1)
    notes.push(`${bySeries.size} series, each of a register of its own: each is looked through by itself`);
  // Where not one run of it is left its register tells which were begun below this directory.
  const begun = local?.runs.filter(({ directory }) => isBelow(root, directory)) ?? [];
  if (local && begun.length > 0 && !bySeries.has(local.series)) bySeries.set(local.series, []);
  const gaps = [...bySeries].flatMap(([series, placed]) => {
    const register = local?.series !== series ? null : placed.length > 0 ? local.runs : begun;
    if (register === null)
      notes.push(`series ${series}: its register is not here, so runs after the last one cannot be missed`);
    return gapsOf(series, placed, register ?? []);
  });
  notes.push('there is no anchor outside: who holds the key and the register can begin a new series');
  return { runs, gaps, notes };
}

function verifyOne(directory: string, path: string, publicKey: KeyObject | null): FoundRun {
  try {
    return { path, signed: verifyBundle(directory, publicKey).signed.state, problem: null };
  } catch (error) {
    if (!isDrillError(error)) throw error;
    return { path, signed: 'unsigned', problem: (error as Error).message };
  }
}

/** Null: the intent has no counter. A text: what is wrong with it. */
function place(directory: string, path: string): Placed | string | null {
  let intentBytes: Buffer;
  let intent: z.infer<typeof sequenceSchema>;
  try {
    intentBytes = readWhole(directory, 'intent.json');
    const parsed = sequenceSchema.safeParse(parseExact(intentBytes, 'intent.json', intentBytes.includes(0x0a) ? 2 : 0));
    if (!parsed.success) return 'intent.json: expected the intent of a run';
    intent = parsed.data;
  } catch (error) {
    return (error as Error).message;
  }
  if (intent.sequence === undefined) return null;
  let manifestSha256: string | null = null;
  try {
    manifestSha256 = sha256(readWhole(directory, 'manifest.json'));
  } catch {
    // Said already by what verified it.
  }
  return { path, run: intent.run, intentSha256: sha256(intentBytes), manifestSha256, sequence: intent.sequence };
}

function isBelow(root: string, directory: string): boolean {
  const path = relative(resolve(root), directory);
  return path !== '' && !path.startsWith('..') && !isAbsolute(path);
}

function gapsOf(series: string, placed: readonly Placed[], register: LocalRegister['runs']): string[] {
  const gaps: string[] = [];
  const byCounter = new Map<number, Placed>();
  for (const one of [...placed].sort((a, b) => a.sequence.counter - b.sequence.counter)) {
    const { counter } = one.sequence;
    const twin = byCounter.get(counter);
    if (twin !== undefined && twin.intentSha256 !== one.intentSha256)
      gaps.push(`${one.path}: has counter ${counter} of series ${series}, and so has ${twin.path}`);
    byCounter.set(counter, one);
  }
  const known = new Map(register.map((entry) => [entry.counter, entry]));
  for (const [counter, { path, intentSha256 }] of byCounter) {
    const begun = known.get(counter);
    if (begun && begun.intentSha256 !== intentSha256)
      gaps.push(
        `${path}: is not the run that the register has under counter ${counter}, which is ${shownPath(begun.run)}`,
      );
  }
  const last = Math.max(...byCounter.keys(), ...known.keys());
  let named = 0;
  let missing = 0;
  // Counters of a forged intent may lie far apart: holes are stepped over, not counted through.
  let expected = placed.length > 0 ? 1 : Math.min(...known.keys());
  for (const counter of [...new Set([...byCounter.keys(), ...known.keys(), last + 1])].sort((a, b) => a - b)) {
    if (counter > expected) {
      missing += counter - expected;
      gaps.push(
        `series ${series}: ${counter - expected === 1 ? `run ${expected} is` : `runs ${expected} to ${counter - 1} are`} missing: deleted, hidden, or kept elsewhere`,
      );
    }
    const entry = known.get(counter);
    if (counter <= last && !byCounter.has(counter) && entry !== undefined) {
      missing += 1;
      named += 1;
      if (named <= MAX_NAMED)
        gaps.push(
          `series ${series}: run ${counter} is missing: ${shownPath(entry.run)}, begun in ${shownPath(entry.directory)}`,
        );
    }
    expected = counter + 1;
  }
  if (named > MAX_NAMED) gaps.push(`series ${series}: ${missing} are missing in all`);
  for (const one of byCounter.values()) gaps.push(...followed(one, byCounter.get(one.sequence.counter - 1)));
  return gaps;
}

/** What is wrong between a run and the one before it. */
function followed({ path, sequence: { counter, previous } }: Placed, before: Placed | undefined): string[] {
  if (counter === 1 || previous === null)
    return counter === 1 && previous === null
      ? []
      : [`${path}: has counter ${counter}, and ${previous === null ? 'follows none' : 'follows another'}`];
  if (before === undefined) return [];
  if (previous.intentSha256 !== before.intentSha256)
    return [`${path}: follows another run than ${before.path}, which has the counter before`];
  if (previous.manifestSha256 !== null && previous.manifestSha256 !== before.manifestSha256)
    return [`${before.path}: manifest.json is another than when ${path} began`];
  return [];
}

/** Every directory with an `intent.json` or a manifest, sorted; what lies in one is its own. */
function runDirectories(directory: string, depth: number): readonly string[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  if (entries.some(({ name }) => name === 'intent.json' || name === 'manifest.json')) return [directory];
  if (depth >= MAX_DEPTH) return [];
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(directory, name))
    .sort()
    .flatMap((below) => runDirectories(below, depth + 1));
}
