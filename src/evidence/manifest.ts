import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { EvidenceError } from '../errors.ts';
import { readJournal } from '../history/read-journal.ts';
import { digestFile, ENVELOPES, listFiles, MANIFEST, pathProblem, shownPath, UNLISTED } from './bundle-files.ts';
import { parseExact, sameOrder } from './exact-json.ts';

const hex = z.string().regex(/^[0-9a-f]{64}$/);

const manifestSchema = z.strictObject({
  schema: z.literal('drill/manifest/1'),
  /** Printable ASCII. */
  run: z.string().regex(/^[!-~]{1,200}$/),
  /** Hash of the journal's last event: truncation is invisible to a chain. Empty: it has none. */
  journalHead: z.union([hex, z.literal('')]),
  /** Every file but this one and the envelopes, by path, each once and in order. */
  files: z.array(z.strictObject({ path: z.string(), bytes: z.int().min(0), sha256: hex })),
});
export type Manifest = z.infer<typeof manifestSchema>;

/**
 * Lists every file of a run directory with size and SHA-256 in `manifest.json`. By itself it shows damage, not forgery: what is signed is its digest. An
 * EvidenceError for what could not be verified afterwards: links, names that are not plain, a directory that is signed already.
 */
export function writeManifest(directory: string, run: string): void {
  const { events } = readJournal(join(directory, 'journal.ndjson'), readFileSync(join(directory, 'intent.json')));
  const there = listFiles(directory);
  const signed = there.find((path) => (ENVELOPES as readonly string[]).includes(path));
  if (signed !== undefined) throw new EvidenceError(`${signed}: this run is signed, and sealed files never change`);
  const files = there.filter((path) => !UNLISTED.has(path)).map((path) => ({ path, ...digestFile(directory, path) }));
  const manifest = { schema: 'drill/manifest/1' as const, run, journalHead: events.at(-1)?.hash ?? '', files };
  refuseBadPaths(manifest);
  writeFileSync(join(directory, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Reads a manifest, strictly. An EvidenceError that begins with `manifest.json` for what is none. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const value = parseExact(bytes, MANIFEST, 2);
  const parsed = manifestSchema.safeParse(value);
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
    const problem = UNLISTED.has(path) ? 'a name that no manifest lists' : pathProblem(path);
    if (problem !== null) throw new EvidenceError(`${MANIFEST}: the path ${shownPath(path)} is ${problem}`);
    if (path <= before) throw new EvidenceError(`${MANIFEST}: ${path} stands there twice, or not in order`);
    before = path;
    // One file on some file systems, two on others.
    if (folded.has(path.toLowerCase()))
      throw new EvidenceError(`${MANIFEST}: two paths differ from ${path} in case only`);
    folded.add(path.toLowerCase());
  }
}
