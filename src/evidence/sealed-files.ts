import { EvidenceError } from '../errors.ts';
import {
  digestFile,
  INTENT_TIMESTAMP,
  isUnlisted,
  listFiles,
  MANIFEST,
  MASKED_MANIFEST,
  readWhole,
  sha256,
  shownPath,
} from './bundle-files.ts';
import { type Manifest, parseManifest } from './manifest.ts';

/** A directory that holds what its manifest lists, and nothing else but what is made over the manifest. */
export interface SealedFiles {
  readonly manifest: Manifest;
  readonly manifestSha256: string;
  /** Hex SHA-256 of a file of the manifest, by path. */
  readonly digests: ReadonlyMap<string, string>;
  readonly bytes: number;
  /** What is there, listed or not. */
  readonly there: ReadonlySet<string>;
  /** The bytes of those files that are looked into, where they are listed. */
  readonly whole: ReadonlyMap<string, Buffer>;
}

/** Read once, whole; every other file as a stream. */
const WHOLE: ReadonlySet<string> = new Set([
  'intent.json',
  'plan.json',
  'journal.ndjson',
  'report.json',
  'exercise.json',
  INTENT_TIMESTAMP,
]);

/** The manifest, that no file is missing or extra, every file's size and SHA-256. An EvidenceError names the first thing that is wrong: `<place>: <what>`. */
export function verifyFiles(directory: string): SealedFiles {
  const there = new Set(listFiles(directory));
  if (!there.has(MANIFEST) && there.has(MASKED_MANIFEST))
    throw new EvidenceError(
      `${MASKED_MANIFEST}: this is a masked report, which is no sealed run: npm run drill -- verify DIRECTORY verifies it`,
    );
  if (!there.has(MANIFEST)) throw new EvidenceError(`${MANIFEST}: is missing; this is not sealed`);
  const manifestBytes = readWhole(directory, MANIFEST);
  const manifest = parseManifest(manifestBytes);
  for (const { path } of manifest.files)
    if (!there.has(path)) throw new EvidenceError(`${path}: stands in the manifest, and is missing`);
  const listed = new Set(manifest.files.map(({ path }) => path));
  for (const path of there) {
    if (!listed.has(path) && !isUnlisted(path))
      throw new EvidenceError(`${shownPath(path)}: does not stand in the manifest`);
  }
  const whole = new Map<string, Buffer>();
  for (const file of manifest.files) compare(directory, file, whole);
  return {
    manifest,
    manifestSha256: sha256(manifestBytes),
    digests: new Map(manifest.files.map((file) => [file.path, file.sha256])),
    bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
    there,
    whole,
  };
}

function compare(directory: string, file: Manifest['files'][number], whole: Map<string, Buffer>): void {
  let got: { bytes: number; sha256: string };
  if (WHOLE.has(file.path)) {
    const bytes = readWhole(directory, file.path);
    whole.set(file.path, bytes);
    got = { bytes: bytes.length, sha256: sha256(bytes) };
  } else got = digestFile(directory, file.path);
  if (got.bytes !== file.bytes) throw new EvidenceError(`${file.path}: expected ${file.bytes} bytes, got ${got.bytes}`);
  if (got.sha256 !== file.sha256)
    throw new EvidenceError(`${file.path}: its content has changed (SHA-256 ${got.sha256}, expected ${file.sha256})`);
}
