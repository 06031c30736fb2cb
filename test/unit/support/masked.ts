import type { KeyObject } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IN_TOTO, keyIdOf, preAuthenticationEncoding, renderEnvelope } from '../../../src/evidence/dsse.ts';
import { sha256Hex } from '../../../src/history/chain.ts';
import { type MaskedManifest, maskedStatement } from '../../../src/redact/masked-manifest.ts';
import { verifyMasked } from '../../../src/redact/verify-masked.ts';
import { type Pair, STANDALONE } from './bundle.ts';
import { type JsonObject, readJson, writeJson } from './json-file.ts';

type Alone = (directory: string, key: KeyObject | null, original?: string) => { kind: string; signed: string };
const alone = (await import(STANDALONE)) as { verifyMasked: Alone };
export const verifyMaskedAlone = alone.verifyMasked;

/** What each verifier says of a masked report: `ok <signed>`, or the place that it accuses. */
export function maskedVerdicts(directory: string, key: KeyObject | null): { harness: string; alone: string } {
  const of = (verify: () => string): string => {
    try {
      return `ok ${verify()}`;
    } catch (error) {
      const { name, place, message } = error as Error & { place?: string };
      // Anything else is a defect of the verifier.
      if (name !== 'EvidenceError' && place === undefined) throw error;
      return place ?? message.slice(0, message.indexOf(': '));
    }
  };
  const states = { unsigned: 'no', 'not-checked': 'not checked', signed: 'yes' } as const;
  return {
    harness: of(() => states[verifyMasked(directory, key).signed.state]),
    alone: of(() => alone.verifyMasked(directory, key).signed),
  };
}

/** What the owner of the key can do: changes, digests that follow, and a signature over it. */
export async function resealMasked(
  directory: string,
  source: string,
  lie: (value: JsonObject, manifest: JsonObject) => unknown,
  { signer, publicKey }: Pair,
): Promise<void> {
  const value = readJson(join(directory, source));
  const manifest = readJson(join(directory, 'masked.json'));
  lie(value, manifest);
  writeJson(join(directory, source), value);
  const bytes = readFileSync(join(directory, source));
  for (const file of manifest.files as JsonObject[])
    if (file.path === source) Object.assign(file, { bytes: bytes.length, sha256: sha256Hex(bytes) });
  writeJson(join(directory, 'masked.json'), manifest);
  const payload = maskedStatement(
    manifest as unknown as MaskedManifest,
    readFileSync(join(directory, 'masked.json')),
    value.verdict as string,
  );
  const signature = await signer.sign(preAuthenticationEncoding(IN_TOTO, payload), new AbortController().signal);
  rmSync(join(directory, 'masked.dsse.json'));
  const envelope = { payload, payloadType: IN_TOTO, keyid: keyIdOf(publicKey), signature };
  writeFileSync(join(directory, 'masked.dsse.json'), renderEnvelope(envelope));
}
