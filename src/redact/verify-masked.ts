import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { EvidenceError } from '../errors.ts';
import { digestFile, listFiles, readWhole, sha256, shownPath } from '../evidence/bundle-files.ts';
import { IN_TOTO, parseEnvelope, verifySignature } from '../evidence/dsse.ts';
import { refuseContradictions } from '../evidence/exercise-verdicts.ts';
import { refuseVerdict } from '../evidence/report-claims.ts';
import { shaped } from '../evidence/sealed-run.ts';
import { exerciseSchema, reportSchema } from '../evidence/sealed-schemas.ts';
import type { Signed } from '../evidence/verify.ts';
import { MASKED, MASKED_ENVELOPE } from './masked-files.ts';
import {
  kindOf,
  MASKED_FILES,
  type MaskedManifest,
  maskedId,
  maskedStatement,
  parseMasked,
} from './masked-manifest.ts';

const masked = z.looseObject({ originalManifestSha256: z.string(), maskSha256: z.string() });
const maskedReport = reportSchema.extend({ masked });
const maskedRecord = exerciseSchema.extend({ masked });

export interface VerifiedMasked {
  readonly manifest: MaskedManifest;
  readonly manifestSha256: string;
  readonly signed: Signed;
}

/**
 * Verifies a masked report by itself, offline: every file, nothing beside them, what the report says of its run or exercise, the signature. An EvidenceError names the
 * first thing that is wrong.
 */
export function verifyMasked(directory: string, publicKey: KeyObject | null): VerifiedMasked {
  const there = listFiles(directory);
  const bytes = readWhole(directory, MASKED);
  const manifest = parseMasked(bytes);
  const expected = new Set<string>([...MASKED_FILES[kindOf(manifest)], MASKED, MASKED_ENVELOPE]);
  for (const path of there)
    if (!expected.has(path)) throw new EvidenceError(`${shownPath(path)}: does not stand in ${MASKED}`);
  for (const { path, bytes: length, sha256: digest } of manifest.files) {
    if (!there.includes(path)) throw new EvidenceError(`${path}: stands in ${MASKED}, and is missing`);
    const got = digestFile(directory, path);
    if (got.bytes !== length || got.sha256 !== digest) throw new EvidenceError(`${path}: its content has changed`);
  }
  const verdict = verdictOf(directory, manifest);
  const signed = verifyEnvelope(directory, there, maskedStatement(manifest, bytes, verdict), publicKey);
  return { manifest, manifestSha256: sha256(bytes), signed };
}

/** The verdict of a masked report that is the one of which its manifest speaks. */
function verdictOf(directory: string, manifest: MaskedManifest): string {
  const path = kindOf(manifest) === 'run' ? 'report.json' : 'exercise.json';
  const bytes = readWhole(directory, path);
  const { original, maskSha256 } = manifest;
  const wrong = (): never => {
    throw new EvidenceError(`${path}: is of another ${kindOf(manifest)} or mask than ${MASKED} says`);
  };
  const agree = (said: z.infer<typeof masked>, id: string): void => {
    if (said.originalManifestSha256 !== original.manifestSha256 || said.maskSha256 !== maskSha256) wrong();
    if (id !== maskedId(manifest)) wrong();
  };
  if (path === 'exercise.json') {
    const record = shaped(maskedRecord, bytes, path);
    agree(record.masked, record.id);
    refuseContradictions(record);
    return record.verdict;
  }
  const report = shaped(maskedReport, bytes, path);
  agree(report.masked, report.run.id);
  if ('journalHead' in original && report.run.journalHead !== original.journalHead) wrong();
  refuseVerdict(report);
  return report.verdict;
}

function verifyEnvelope(
  directory: string,
  there: readonly string[],
  statement: Buffer,
  publicKey: KeyObject | null,
): Signed {
  if (!there.includes(MASKED_ENVELOPE)) {
    if (publicKey === null) return { state: 'unsigned' };
    throw new EvidenceError(`${MASKED_ENVELOPE}: is missing; this masked report is not signed`);
  }
  const envelope = parseEnvelope(readWhole(directory, MASKED_ENVELOPE), MASKED_ENVELOPE);
  if (publicKey !== null) verifySignature(envelope, publicKey, MASKED_ENVELOPE);
  if (envelope.payloadType !== IN_TOTO || !envelope.payload.equals(statement))
    throw new EvidenceError(`${MASKED_ENVELOPE}: its statement says something else than the files do`);
  return { state: publicKey === null ? 'not-checked' : 'signed', keyId: envelope.keyid };
}
