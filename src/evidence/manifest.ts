import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { EvidenceError, messageOf } from '../errors.ts';
import { readJournal } from '../history/read-journal.ts';

const MANIFEST = 'manifest.json';

const manifestSchema = z.strictObject({
  schema: z.literal('drill/manifest/1'),
  run: z.string(),
  /** Hash of the journal's last event: truncation is invisible to a chain. */
  journalHead: z.string(),
  /** Every file but this one, by path. */
  files: z.array(z.strictObject({ path: z.string(), bytes: z.int(), sha256: z.string() })),
});

/** Lists every file of a run directory with size and SHA-256 in `manifest.json`. Unsigned: it shows damage, not forgery. */
export function writeManifest(directory: string, run: string): void {
  const { events } = readJournal(join(directory, 'journal.ndjson'), readFileSync(join(directory, 'intent.json')));
  const manifest = {
    schema: 'drill/manifest/1',
    run,
    journalHead: events.at(-1)?.hash ?? '',
    files: filesOf(directory).map((path) => describe(directory, path)),
  };
  writeFileSync(join(directory, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Throws an EvidenceError that names the first thing that is wrong: a file missing, changed, or extra; a journal whose chain is broken. */
export function verifyManifest(directory: string): { readonly files: number; readonly run: string } {
  let manifest: z.infer<typeof manifestSchema>;
  try {
    manifest = manifestSchema.parse(JSON.parse(readFileSync(join(directory, MANIFEST), 'utf8')));
  } catch (error) {
    throw new EvidenceError(`${join(directory, MANIFEST)}: expected a manifest: ${messageOf(error)}`, { cause: error });
  }
  const there = new Set(filesOf(directory));
  for (const { path, bytes, sha256 } of manifest.files) {
    if (!there.delete(path)) throw new EvidenceError(`${path}: stands in the manifest, and is missing`);
    const now = describe(directory, path);
    if (now.bytes !== bytes) throw new EvidenceError(`${path}: expected ${bytes} bytes, got ${now.bytes}`);
    if (now.sha256 !== sha256)
      throw new EvidenceError(`${path}: its content has changed (SHA-256 ${now.sha256}, expected ${sha256})`);
  }
  const [extra] = there;
  if (extra !== undefined) throw new EvidenceError(`${extra}: does not stand in the manifest`);
  const journal = readJournal(join(directory, 'journal.ndjson'), readFileSync(join(directory, 'intent.json')));
  const [defect] = journal.defects;
  if (defect !== undefined) throw new EvidenceError(`journal.ndjson: ${defect}`);
  if (journal.events.at(-1)?.hash !== manifest.journalHead)
    throw new EvidenceError('journal.ndjson: its last event is not the manifest’s head');
  return { files: manifest.files.length, run: manifest.run };
}

function filesOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .filter((path) => path !== MANIFEST)
    .sort();
}

function describe(directory: string, path: string): { path: string; bytes: number; sha256: string } {
  const file = join(directory, path);
  if (!lstatSync(file).isFile()) throw new EvidenceError(`${path}: expected a plain file`);
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(1 << 20);
  const opened = openSync(file, 'r');
  let bytes = 0;
  try {
    for (let n = readSync(opened, buffer); n > 0; n = readSync(opened, buffer)) {
      hash.update(buffer.subarray(0, n));
      bytes += n;
    }
  } finally {
    closeSync(opened);
  }
  return { path, bytes, sha256: hash.digest('hex') };
}
