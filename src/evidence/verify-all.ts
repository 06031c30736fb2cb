import { readdirSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { isDrillError } from '../errors.ts';
import { MANIFEST, MASKED_MANIFEST, readWhole, sha256, shownPath } from './bundle-files.ts';
import { parseExact } from './exact-json.ts';
import { gapsOf, type Known, type Placed, type SealedOnce, twinsOf } from './gaps.ts';
import type { Keyring } from './keyring.ts';
import { type Signed, type Verified, verifyBundle } from './verify.ts';

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

/** The directory of a run or an exercise that was found, and what is wrong with it by itself; null: nothing. */
export interface FoundRun {
  /** Below the directory that was looked through. */
  readonly path: string;
  readonly signed: Signed['state'];
  /** What people signed over it, a few words each. */
  readonly statements: readonly string[];
  readonly problem: string | null;
}

export interface AllVerified {
  readonly runs: readonly FoundRun[];
  /** What is wrong between them: a counter that is missing, or there twice, a run that another one does not follow. */
  readonly gaps: readonly string[];
  /** Masked reports, which are no runs and are not verified here. */
  readonly masked: readonly string[];
  /** What cannot be seen from here. */
  readonly notes: readonly string[];
}

/** A run that somebody else knows was begun. */
export interface BegunRun {
  readonly series: string;
  readonly counter: number;
  readonly run: string;
  readonly intentSha256: string;
}

/** The register of this machine: the runs of a series that were begun here. */
export interface LocalRegister {
  readonly series: string;
  readonly runs: readonly (Omit<BegunRun, 'series'> & { readonly directory: string })[];
}

/** The Git remote to which runs were pushed before their first fault. */
export interface AnchorRemote {
  /** As it can be shown. */
  readonly remote: string;
  readonly runs: readonly BegunRun[];
}

const MAX_DEPTH = 4;

/**
 * Verifies every run and exercise below a directory, and that by their counters no run is missing among them. `local`: what the register of a series says, if it is
 * here; `anchored`: what was pushed to a remote: every run there is to be here.
 */
export function verifyAll(
  root: string,
  keys: Keyring,
  local: LocalRegister | null,
  anchored: AnchorRemote | null = null,
): AllVerified {
  const runs: FoundRun[] = [];
  const sealed: SealedOnce[] = [];
  const bySeries = new Map<string, Placed[]>();
  let without = 0;
  const directories = runDirectories(root, 0);
  const masked = directories.masked.map((directory) => shownPath(relative(root, directory) || '.'));
  for (const directory of directories.sealed) {
    const path = shownPath(relative(root, directory) || '.');
    const { found, verified } = verifyOne(directory, path, keys);
    const placed = verified?.kind === 'exercise' ? undefined : place(directory, path, verified);
    runs.push(typeof placed === 'string' && found.problem === null ? { ...found, problem: placed } : found);
    if (verified !== null) {
      const at = placed !== null && typeof placed === 'object' ? placed.sequence : null;
      sealed.push({ ...verified, path, counted: at === null ? '' : `${at.series} ${at.counter}` });
    }
    if (placed === null) without += 1;
    else if (typeof placed === 'object') {
      const { series } = placed.sequence;
      bySeries.set(series, [...(bySeries.get(series) ?? []), placed]);
    }
  }
  const notes: string[] = [];
  if (without > 0) notes.push(`${without} without a counter: whether others were left out among them cannot be seen`);
  // Where not one run of it is left its register tells which were begun below this directory.
  const begun = local?.runs.filter(({ directory }) => isBelow(root, directory)) ?? [];
  if (local && begun.length > 0 && !bySeries.has(local.series)) bySeries.set(local.series, []);
  for (const { series } of anchored?.runs ?? []) if (!bySeries.has(series)) bySeries.set(series, []);
  if (bySeries.size > 1)
    notes.push(`${bySeries.size} series, each of a register of its own: each is looked through by itself`);
  const between = [...bySeries].flatMap(([series, placed]) => {
    const register = local?.series !== series ? null : placed.length > 0 ? local.runs : begun;
    if (register === null && anchored === null)
      notes.push(`series ${series}: its register is not here, so runs after the last one cannot be missed`);
    const known: Known[] = (register ?? []).map((entry) => {
      return { ...entry, from: 'the register', where: `begun in ${shownPath(entry.directory)}` };
    });
    if (anchored === null) return gapsOf(series, placed, known);
    const { remote } = anchored;
    const pushed = anchored.runs.filter((one) => one.series === series);
    known.push(...pushed.map((entry) => ({ ...entry, from: remote, where: `anchored in ${remote}` })));
    return [...gapsOf(series, placed, known), ...withoutTag(placed, pushed, remote)];
  });
  notes.push(
    anchored === null
      ? 'no anchor outside was asked: who holds the key and the register can begin a new series (--anchor REMOTE asks one)'
      : `${anchored.remote} knows what was pushed to it, as long as who keeps it removes nothing`,
  );
  return { runs, gaps: [...between, ...twinsOf(sealed)], masked, notes };
}

/** What says of itself that it was anchored there, and is not. */
function withoutTag(placed: readonly Placed[], pushed: readonly BegunRun[], remote: string): readonly string[] {
  const there = new Set(pushed.map(({ intentSha256 }) => intentSha256));
  return placed
    .filter(({ anchored, intentSha256 }) => anchored && !there.has(intentSha256))
    .map(({ path }) => `${path}: says that it was anchored in a Git remote, and ${remote} does not have it`);
}

function verifyOne(directory: string, path: string, keys: Keyring): { found: FoundRun; verified: Verified | null } {
  try {
    const verified = verifyBundle(directory, keys);
    const words = verified.statements.map(({ said, state, flags }) => {
      const what = said.kind === 'sign-off' ? said.decision : 'amended';
      return `${what} by ${shownPath(said.by.name)}${[...(state === 'signed' ? [] : ['NOT CHECKED']), ...flags].map((flag) => ` (${flag})`).join('')}`;
    });
    return { found: { path, signed: verified.signed.state, statements: words, problem: null }, verified };
  } catch (error) {
    if (!isDrillError(error)) throw error;
    const problem = (error as Error).message;
    return { found: { path, signed: 'unsigned', statements: [], problem }, verified: null };
  }
}

/** Null: the intent has no counter. A text: what is wrong with it. */
function place(directory: string, path: string, verified: Verified | null): Placed | string | null {
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
  const anchored = verified?.anchors.some(({ kind }) => kind === 'git') === true;
  return { path, intentSha256: sha256(intentBytes), manifestSha256, sequence: intent.sequence, anchored };
}

function isBelow(root: string, directory: string): boolean {
  const path = relative(resolve(root), directory);
  return path !== '' && !path.startsWith('..') && !isAbsolute(path);
}

interface Directories {
  readonly sealed: readonly string[];
  readonly masked: readonly string[];
}

/** Every directory with an `intent.json` or a manifest, sorted, and those with a masked report; what lies in one is its own. */
function runDirectories(directory: string, depth: number): Directories {
  const entries = readdirSync(directory, { withFileTypes: true });
  const has = (wanted: string): boolean => entries.some(({ name }) => name === wanted);
  if (has('intent.json') || has(MANIFEST)) return { sealed: [directory], masked: [] };
  if (has(MASKED_MANIFEST)) return { sealed: [], masked: [directory] };
  if (depth >= MAX_DEPTH) return { sealed: [], masked: [] };
  const below = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(directory, name))
    .sort()
    .map((one) => runDirectories(one, depth + 1));
  return { sealed: below.flatMap(({ sealed }) => sealed), masked: below.flatMap(({ masked }) => masked) };
}
