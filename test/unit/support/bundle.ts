import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Keyring, NO_KEYS } from '../../../src/evidence/keyring.ts';
import { writeManifest } from '../../../src/evidence/manifest.ts';
import { signRun } from '../../../src/evidence/sign.ts';
import type { Signer } from '../../../src/evidence/signing-key.ts';
import type { Timestamp } from '../../../src/evidence/timestamp.ts';
import { verifyBundle as verifyByHarness } from '../../../src/evidence/verify.ts';
import { sha256Hex } from '../../../src/history/chain.ts';
import { forge } from './forge.ts';
import { readJson, writeJson } from './json-file.ts';

export { forge, unsign } from './forge.ts';
export { type JsonObject, readJson, writeJson } from './json-file.ts';

const EXAMPLES = fileURLToPath(new URL('../../../reports/example', import.meta.url));
export const EXAMPLE = join(EXAMPLES, readdirSync(EXAMPLES)[0] as string);
export const STANDALONE = fileURLToPath(new URL('../../../verifier/verify.mjs', import.meta.url));

interface SaidAlone {
  readonly run: string;
  readonly signed: string;
  readonly keyId: string | null;
  readonly timestamp: Timestamp | null;
  readonly intentTimestamp: Timestamp | null;
  readonly statements: readonly { signed: string; flags: readonly string[] }[];
  readonly runs: readonly { path: string | null }[];
}
type Standalone = (directory: string, keys: Keyring) => SaidAlone;
interface AllAlone {
  readonly found: readonly { path: string; problem: string | null }[];
  readonly gaps: readonly string[];
  readonly masked: readonly string[];
}
const alone = (await import(STANDALONE)) as {
  verifyBundle: Standalone;
  verifyAll: (root: string, keys: Keyring) => AllAlone;
  verifyTimestamp: (bytes: Buffer, sha256: string, place: string, authorities: null) => Timestamp;
};
export const verifyTimestampAlone = alone.verifyTimestamp;
export const verifyAllAlone = alone.verifyAll;

/** The one key that must have sealed; null: none. */
export function keysOf(key: KeyObject | null): Keyring {
  return { ...NO_KEYS, seal: key === null ? [] : [key] };
}

export interface Pair {
  readonly signer: Signer;
  readonly publicKey: KeyObject;
}

export function keyPair(): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { publicKey, signer: { publicKey, sign: async (bytes) => sign(null, bytes, privateKey) } };
}

export const signWith = ({ signer }: Pair, directory: string): Promise<string> =>
  signRun(directory, signer, new AbortController().signal);

/** The example's run with less of the bulk that nothing but its digest binds, sealed under another run id where one is given. */
export function smallRun(directory: string, run?: string): void {
  mkdirSync(join(directory, 'latency'), { recursive: true });
  for (const name of ['intent.json', 'plan.json', 'scenario.yaml', 'journal.ndjson', 'junit.xml'])
    cpSync(join(EXAMPLE, name), join(directory, name));
  for (const name of ['history.csv', 'read-back.csv'])
    writeFileSync(join(directory, name), readFileSync(join(EXAMPLE, name)).subarray(0, 2_000));
  cpSync(join(EXAMPLE, 'latency/cql-canary-outside.hlog'), join(directory, 'latency/cql-canary-outside.hlog'));
  const report = readJson(join(EXAMPLE, 'report.json'));
  for (const bulk of ['views', 'rpo', 'readBack']) report[bulk] = [];
  report.timeline = { bucket_us: 1_000_000, phases: [], events: [], series: [], lost: [] };
  writeJson(join(directory, 'report.json'), report);
  if (run === undefined) writeManifest(directory, (report.run as { id: string }).id);
  else forge(directory, { run });
}

/** The manifest made again for what is there, whatever is in it; the envelopes stay. */
export function reseal(directory: string): void {
  const manifest = readJson(join(directory, 'manifest.json'));
  const files = manifest.files as { path: string; bytes: number; sha256: string }[];
  for (const file of files) {
    const bytes = readFileSync(join(directory, file.path));
    file.bytes = bytes.length;
    file.sha256 = sha256Hex(bytes);
  }
  const journal = readFileSync(join(directory, 'journal.ndjson'), 'utf8').trimEnd().split('\n');
  manifest.journalHead = (JSON.parse(journal.at(-1) as string) as { hash: string }).hash;
  writeJson(join(directory, 'manifest.json'), manifest);
}

/** What each verifier has to say of the first statement, beside that it verifies. */
export function flagsOf(directory: string): { harness: readonly string[]; alone: readonly string[] } {
  const of = (found: readonly { flags: readonly string[] }[]): readonly string[] => found[0]?.flags ?? [];
  return {
    harness: of(verifyByHarness(directory, NO_KEYS).statements),
    alone: of(alone.verifyBundle(directory, NO_KEYS).statements),
  };
}

/** What each verifier says: `ok <signed>` and what else is there, or the place that it accuses. */
export function verdicts(
  directory: string,
  given: KeyObject | Keyring | null,
): { harness: string; alone: string; says: string } {
  const keys = given !== null && 'seal' in given ? given : keysOf(given);
  const states: Record<string, string> = { unsigned: 'no', 'not-checked': 'not checked', signed: 'yes' };
  let says = '';
  const of = (verify: () => string): string => {
    try {
      return `ok ${verify()}`;
    } catch (error) {
      const { name, place, message } = error as Error & { place?: string };
      // Anything else is a defect of the verifier.
      if (name !== 'EvidenceError' && place === undefined) throw error;
      if (place === undefined) says = message;
      return `${place ?? message.slice(0, message.indexOf(': '))}`;
    }
  };
  const time = (stamp: Timestamp | null, name: string): string =>
    stamp === null ? '' : `, ${name} ${stamp.state} ${stamp.time} ± ${stamp.accuracyMs} by ${stamp.by}`;
  const flagged = (flags: readonly string[]): string =>
    flags.some((flag) => flag.startsWith('NOT INDEPENDENT')) ? '!' : '';
  return {
    harness: of(() => {
      const { signed, statements, timestamp, intentTimestamp } = verifyByHarness(directory, keys);
      const words = statements.map(({ state, flags }) => `, ${states[state]}${flagged(flags)}`);
      return `${states[signed.state]}${time(timestamp, 'at')}${time(intentTimestamp, 'from')}${words.join('')}`;
    }),
    alone: of(() => {
      const { signed, statements, timestamp, intentTimestamp } = alone.verifyBundle(directory, keys);
      const words = statements.map((one) => `, ${one.signed}${flagged(one.flags)}`);
      return `${signed}${time(timestamp, 'at')}${time(intentTimestamp, 'from')}${words.join('')}`;
    }),
    says,
  };
}
