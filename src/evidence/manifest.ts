import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { EvidenceError } from '../errors.ts';
import { readJournal } from '../history/read-journal.ts';
import { digestFile, isReserved, isUnlisted, listFiles, MANIFEST, pathProblem, shownPath } from './bundle-files.ts';
import { parseExact, sameOrder } from './exact-json.ts';

const hex = z.string().regex(/^[0-9a-f]{64}$/);

/** Printable ASCII. */
const id = z.string().regex(/^[!-~]{1,200}$/);
/** Every file but this one and what is made over it, by path, each once and in order. */
const files = z.array(z.strictObject({ path: z.string(), bytes: z.int().min(0), sha256: hex }));

const runSchema = z.strictObject({
  schema: z.literal('drill/manifest/1'),
  run: id,
  /** Hash of the journal's last event: truncation is invisible to a chain. Empty: it has none. */
  journalHead: z.union([hex, z.literal('')]),
  files,
});
const exerciseSchema = z.strictObject({ schema: z.literal('drill/exercise-manifest/1'), exercise: id, files });
export type RunManifest = z.infer<typeof runSchema>;
export type ExerciseManifest = z.infer<typeof exerciseSchema>;
/** Of a run, or of an exercise: `schema` says which. */
export type Manifest = RunManifest | ExerciseManifest;

/**
 * Lists every file of a run directory with size and SHA-256 in `manifest.json`. By itself it shows damage, not forgery: what is signed is its digest. An
 * EvidenceError for what could not be verified afterwards: links, names that are not plain, a directory over which something was signed already.
 */
export function writeManifest(directory: string, run: string): void {
  const { events } = readJournal(join(directory, 'journal.ndjson'), readFileSync(join(directory, 'intent.json')));
  const journalHead = events.at(-1)?.hash ?? '';
  write(directory, { schema: 'drill/manifest/1', run, journalHead, files: filesToSeal(directory) });
}

/** The same for the directory of an exercise. */
export function writeExerciseManifest(directory: string, exercise: string): void {
  write(directory, { schema: 'drill/exercise-manifest/1', exercise, files: filesToSeal(directory) });
}

function filesToSeal(directory: string): Manifest['files'] {
  const there = listFiles(directory).filter((path) => path !== MANIFEST);
  const over = there.find(isUnlisted);
  if (over !== undefined)
    throw new EvidenceError(`${over}: is there, over a manifest that is sealed, and sealed files never change`);
  return there.map((path) => ({ path, ...digestFile(directory, path) }));
}

function write(directory: string, manifest: Manifest): void {
  refuseBadPaths(manifest);
  writeFileSync(join(directory, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Reads a manifest, strictly. An EvidenceError that begins with `manifest.json` for what is none. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const value = parseExact(bytes, MANIFEST, 2);
  const kind = z.looseObject({ schema: z.literal('drill/exercise-manifest/1') }).safeParse(value);
  const parsed = kind.success ? exerciseSchema.safeParse(value) : runSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new EvidenceError(
      `${MANIFEST}: expected a manifest, got at ${shownPath(issue?.path.join('.') ?? '')}: ${shownPath(issue?.message ?? '')}`,
    );
  }
  if (!sameOrder(parsed.data, value)) throw new EvidenceError(`${MANIFEST}: expected its members in their order`);
  refuseBadPaths(parsed.data);
  return parsed.data;
}

function refuseBadPaths({ files }: Manifest): void {
  const folded = new Set<string>();
  let before = '';
  for (const { path } of files) {
    const problem = isReserved(path) ? 'a name that no manifest lists' : pathProblem(path);
    if (problem !== null) throw new EvidenceError(`${MANIFEST}: the path ${shownPath(path)} is ${problem}`);
    if (path <= before) throw new EvidenceError(`${MANIFEST}: ${path} stands there twice, or not in order`);
    before = path;
    // One file on some file systems, two on others.
    if (folded.has(path.toLowerCase()))
      throw new EvidenceError(`${MANIFEST}: two paths differ from ${path} in case only`);
    folded.add(path.toLowerCase());
  }
}
