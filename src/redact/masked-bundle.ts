import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { renderReportJson } from '../check/check.ts';
import { EvidenceError, InputError } from '../errors.ts';
import { digestFile, readWhole } from '../evidence/bundle-files.ts';
import { IN_TOTO, keyIdOf, preAuthenticationEncoding, renderEnvelope, signedBy } from '../evidence/dsse.ts';
import { verifySealed } from '../evidence/sealed.ts';
import type { Signer } from '../evidence/signing-key.ts';
import { renderExerciseHtml } from '../report/exercise-page.ts';
import { renderHtml } from '../report/html.ts';
import { renderJUnit } from '../report/junit.ts';
import { UNSEALED } from '../report/section-seal.ts';
import { VERSION } from '../version.ts';
import type { Mask } from './mask.ts';
import { maskedExercise } from './masked-exercise.ts';
import { MASKED, MASKED_ENVELOPE } from './masked-files.ts';
import { kindOf, type MaskedManifest, maskedStatement } from './masked-manifest.ts';
import { maskedReport } from './masked-run.ts';
import type { VerifiedMasked } from './verify-masked.ts';

/** A masked report before it is written. */
interface Made {
  readonly manifest: Omit<MaskedManifest, 'files'>;
  readonly verdict: string;
  /** The source of truth, by which it is compared with what is made again. */
  readonly source: string;
  /** In the order of its manifest. `keyId`: who is to sign it. */
  readonly contents: (keyId: string | null) => readonly (readonly [path: string, text: string])[];
}

/** A function of what is sealed, the mask and the version of the harness. An EvidenceError for what does not verify. */
function make(directory: string, mask: Mask): Made {
  const sealed = verifySealed(directory);
  if (sealed.kind === 'exercise') {
    const record = maskedExercise(directory, sealed, mask);
    const source = `${JSON.stringify(record, null, 2)}\n`;
    const { id: exercise, verdict } = record;
    const original = { manifestSha256: sealed.manifestSha256 };
    return {
      manifest: {
        schema: 'drill/masked-exercise/1',
        exercise,
        harness: VERSION,
        original,
        maskSha256: mask.digest(),
      } as Made['manifest'],
      verdict,
      source,
      contents: (keyId) => [
        ['exercise.html', renderExerciseHtml(record, keyId)],
        ['exercise.json', source],
      ],
    };
  }
  const report = maskedReport(directory, sealed, mask);
  const source = renderReportJson(report);
  return {
    manifest: {
      schema: 'drill/masked/1',
      run: report.run.id,
      harness: VERSION,
      original: { manifestSha256: sealed.manifestSha256, journalHead: report.run.journalHead },
      maskSha256: mask.digest(),
    } as Made['manifest'],
    verdict: report.verdict,
    source,
    contents: (keyId) => [
      ['junit.xml', renderJUnit(report)],
      ['report.html', renderHtml(report, { ...UNSEALED, keyId })],
      ['report.json', source],
    ],
  };
}

/**
 * Writes the masked report of a sealed run or exercise into a new directory: its renderings, and `masked.json`, which names them, what was sealed and the mask by their digests;
 * with a signer `masked.dsse.json`. Nothing of what is sealed itself is copied.
 */
export async function writeMaskedReport(
  directory: string,
  out: string,
  mask: Mask,
  signer: Signer | null,
  signal: AbortSignal,
): Promise<MaskedManifest> {
  if (existsSync(out))
    throw new InputError(`${out}: is there already`, { hint: 'give a new directory: --out DIRECTORY' });
  if (!relative(resolve(directory), resolve(out)).startsWith('..'))
    throw new InputError(`${out}: is in the run itself, which is sealed`, { hint: 'give a directory elsewhere' });
  const made = make(directory, mask);
  const keyId = signer && keyIdOf(signer.publicKey);
  const contents = made.contents(keyId);
  mkdirSync(out, { recursive: true });
  for (const [path, text] of contents) writeFileSync(join(out, path), text);
  const files = contents.map(([path]) => ({ path, ...digestFile(out, path) }));
  const manifest = { ...made.manifest, files } as MaskedManifest;
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(out, MASKED), bytes);
  if (signer !== null) {
    const payload = maskedStatement(manifest, bytes, made.verdict);
    const encoded = preAuthenticationEncoding(IN_TOTO, payload);
    const signature = await signer.sign(encoded, signal);
    if (!signedBy(encoded, signature, signer.publicKey))
      throw new InputError(`what was signed is not signed with the key ${keyId}`, {
        hint: 'give the public key of the key that signs',
      });
    const envelope = { payload, payloadType: IN_TOTO, keyid: keyId ?? '', signature };
    writeFileSync(join(out, MASKED_ENVELOPE), renderEnvelope(envelope));
  }
  return manifest;
}

/** That a masked report is that of this run or exercise under this mask: it is made again, and compared to the byte. An EvidenceError where it is not. */
export function compareWithOriginal(directory: string, { manifest }: VerifiedMasked, sealed: string, mask: Mask): void {
  const other = (what: string): never => {
    throw new EvidenceError(`${MASKED}: ${what}`);
  };
  const { manifestSha256 } = verifySealed(sealed);
  if (manifestSha256 !== manifest.original.manifestSha256) other('its original is another than this one');
  const again = make(sealed, mask);
  if (mask.digest() !== manifest.maskSha256)
    other(
      `made with another mask than this one${manifest.harness === VERSION ? '' : `, or by another version (${manifest.harness}, this is ${VERSION})`}`,
    );
  const source = kindOf(manifest) === 'run' ? 'report.json' : 'exercise.json';
  if (again.source !== readWhole(directory, source).toString('utf8'))
    other('its report is not what was sealed and this mask make');
}
