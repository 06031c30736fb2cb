import { createHash } from 'node:crypto';
import { closeSync, constants, type Dirent, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { EvidenceError } from '../errors.ts';

export const MANIFEST = 'manifest.json';
/** What stands in its place in a masked report, which is verified in another way. */
export const MASKED_MANIFEST = 'masked.json';
/** Each a DSSE envelope around an in-toto statement about the manifest: the test result, and the measured objectives. Both or none. */
export const ENVELOPES = ['manifest.dsse.json', 'objectives.dsse.json'] as const;
/** The answer of a time stamping authority (RFC 3161) over the bytes of the manifest. */
export const TIMESTAMP = 'manifest.tsr';
/** The same over `intent.json`, from before the fault: a sealed file as any other. */
export const INTENT_TIMESTAMP = 'intent.tsr';
/** Where what people sign over the manifest stands, numbered: `statements/0001.dsse.json`. */
export const STATEMENTS = 'statements';
const STATEMENT = /^statements\/[0-9]{4}\.dsse\.json$/;
const OUTSIDE: ReadonlySet<string> = new Set([MANIFEST, ...ENVELOPES, TIMESTAMP]);

/** Whether it stands in a bundle and not in its manifest: by nothing but these names. */
export function isUnlisted(path: string): boolean {
  return OUTSIDE.has(path) || STATEMENT.test(path);
}

/** Whether a manifest can never list it, in whatever case a file system sees it. */
export function isReserved(path: string): boolean {
  const folded = path.toLowerCase();
  return OUTSIDE.has(folded) || folded.split('/')[0] === STATEMENTS;
}

/** The file of a statement by its number, from 1. */
export function statementPath(number: number): string {
  return `${STATEMENTS}/${String(number).padStart(4, '0')}.dsse.json`;
}

/** Files that are read whole are no longer than this. */
const MAX_WHOLE_BYTES = 256 * 1024 * 1024;
const MAX_DEPTH = 16;
const MAX_PATH = 400;
/** Printable ASCII that every file system takes: nothing looks like something else, changes its direction, or has two spellings. */
const SEGMENT = /^[!#-)+-.0-9;=@-[\]-{}~]+$/;

/** Why a path cannot stand in a manifest; null: it can. Relative, with `/`, of printable ASCII, and without steps to elsewhere. */
export function pathProblem(path: string): string | null {
  if (path.length > MAX_PATH) return `longer than ${MAX_PATH} characters`;
  const segments = path.split('/');
  if (segments.length > MAX_DEPTH) return `deeper than ${MAX_DEPTH} directories`;
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    return 'not a path of plain names below the run directory';
  if (!segments.every((segment) => SEGMENT.test(segment)))
    return 'with characters other than printable ASCII that every file system takes';
  return segments.some((segment) => segment.endsWith('.')) ? 'a name that ends with a dot' : null;
}

/** A name as it can be shown, whatever is in it: all but printable ASCII written out. */
export function shownPath(path: string): string {
  const text = path.replaceAll(/[^\x20-\x7e]/gu, (one) => `\\u{${(one.codePointAt(0) as number).toString(16)}}`);
  return text.length > MAX_PATH ? `${text.slice(0, MAX_PATH)}…` : text;
}

/**
 * Every file below a directory, as paths with `/`, sorted by UTF-16 code units. Directories are no evidence: one without a file is not seen. An
 * EvidenceError for what is neither a plain file nor a directory: a link is not followed.
 */
export function listFiles(directory: string): readonly string[] {
  const files: string[] = [];
  const waiting = [''];
  for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
    for (const entry of entriesOf(directory, below)) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) {
        if (path.split('/').length >= MAX_DEPTH)
          throw new EvidenceError(`${shownPath(path)}: deeper than ${MAX_DEPTH} directories`);
        waiting.push(path);
      } else if (entry.isFile()) files.push(path);
      else throw new EvidenceError(`${shownPath(path)}: expected a plain file, got a link or a special file`);
    }
  }
  return files.sort();
}

function entriesOf(directory: string, below: string): readonly Dirent[] {
  try {
    return readdirSync(join(directory, below), { withFileTypes: true });
  } catch (error) {
    throw new EvidenceError(`${shownPath(below || '.')}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

export interface FileDigest {
  readonly bytes: number;
  readonly sha256: string;
}

/** Size and SHA-256 of a file, read as a stream, in one reading. An EvidenceError when it is no plain file. */
export function digestFile(directory: string, path: string): FileDigest {
  const hash = createHash('sha256');
  let bytes = 0;
  readFile(directory, path, (chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  return { bytes, sha256: hash.digest('hex') };
}

/** The bytes of a file of at most 256 MiB, or less. An EvidenceError when it is no plain file, missing, or longer. */
export function readWhole(directory: string, path: string, atMost = MAX_WHOLE_BYTES): Buffer {
  const chunks: Buffer[] = [];
  let bytes = 0;
  readFile(directory, path, (chunk) => {
    bytes += chunk.length;
    if (bytes > atMost) throw new EvidenceError(`${shownPath(path)}: longer than ${atMost} bytes`);
    chunks.push(Buffer.from(chunk));
  });
  return Buffer.concat(chunks);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readFile(directory: string, path: string, take: (chunk: Buffer) => void): void {
  let opened: number;
  try {
    opened = openSync(join(directory, path), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    throw new EvidenceError(
      `${shownPath(path)}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'no reason given'})`,
    );
  }
  try {
    if (!fstatSync(opened).isFile()) throw new EvidenceError(`${shownPath(path)}: expected a plain file`);
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (let n = readSync(opened, buffer); n > 0; n = readSync(opened, buffer)) take(buffer.subarray(0, n));
  } finally {
    closeSync(opened);
  }
}
