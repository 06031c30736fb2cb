import type { KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { renderReportJson } from '../check/check.ts';
import { type Report, reportSchema } from '../check/report-schema.ts';
import { EvidenceError, InputError, messageOf } from '../errors.ts';
import { digestFile, listFiles, readWhole, sha256, shownPath } from '../evidence/bundle-files.ts';
import {
  IN_TOTO,
  keyIdOf,
  parseEnvelope,
  preAuthenticationEncoding,
  renderEnvelope,
  signedBy,
  verifySignature,
} from '../evidence/dsse.ts';
import { parseExact, sameOrder } from '../evidence/exact-json.ts';
import { verifySealed } from '../evidence/sealed.ts';
import type { Signer } from '../evidence/signing-key.ts';
import type { Signed } from '../evidence/verify.ts';
import { readJournal } from '../history/read-journal.ts';
import { renderHtml } from '../report/html.ts';
import { renderJUnit } from '../report/junit.ts';
import { UNSEALED } from '../report/section-seal.ts';
import { VERSION } from '../version.ts';
import { knownNames } from './known-names.ts';
import type { Mask } from './mask.ts';
import { MASKED, MASKED_ENVELOPE } from './masked-files.ts';
import { RUN_ID, redactReport } from './redact-report.ts';
import { textRedactor } from './redact-text.ts';

const FILES = ['junit.xml', 'report.html', 'report.json'] as const;
/** Our own: a name, no address. */
const MASKED_REPORT = 'urn:drill:masked-report:v0.1';

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const maskedSchema = z.strictObject({
  schema: z.literal('drill/masked/1'),
  run: z.string().regex(/^[!-~]{1,200}$/),
  /** The version that masked it: another one may mask more or less. */
  harness: z.string(),
  /** The sealed run of which this is the report. */
  original: z.strictObject({ manifestSha256: hex, journalHead: z.string() }),
  maskSha256: hex,
  files: z.array(z.strictObject({ path: z.enum(FILES), bytes: z.int().min(0), sha256: hex })).length(FILES.length),
});
export type MaskedManifest = z.infer<typeof maskedSchema>;

/** The report of a sealed run with its names masked: a function of the run, the mask and the version of the harness. An EvidenceError for a run that does not verify. */
export function maskedReport(run: string, mask: Mask): Report {
  const { kind, manifest, manifestSha256 } = verifySealed(run);
  if (kind !== 'run')
    throw new InputError(`${run}: expected the directory of a run, got an exercise: its runs are masked one by one`);
  const report = readOwn(run);
  const plan: unknown = JSON.parse(readWhole(run, 'plan.json').toString('utf8'));
  const { events } = readJournal(join(run, 'journal.ndjson'), readWhole(run, 'intent.json'));
  const redact = textRedactor(mask, knownNames(plan, events, report), RUN_ID.test(manifest.run) ? [manifest.run] : []);
  const masked = redactReport(report, redact);
  return {
    ...masked.report,
    masked: {
      originalManifestSha256: manifestSha256,
      maskSha256: mask.digest(),
      names: mask.size,
      withheld: [...masked.withheld],
    },
  };
}

/**
 * Writes the masked report of a sealed run into a new directory: `report.json`, `report.html`, `junit.xml`, and `masked.json`, which names them, the run and the mask by their digests;
 * with a signer `masked.dsse.json`. Nothing of the run itself is copied.
 */
export async function writeMaskedReport(
  run: string,
  out: string,
  mask: Mask,
  signer: Signer | null,
  signal: AbortSignal,
): Promise<MaskedManifest> {
  if (existsSync(out))
    throw new InputError(`${out}: is there already`, { hint: 'give a new directory: --out DIRECTORY' });
  if (!relative(resolve(run), resolve(out)).startsWith('..'))
    throw new InputError(`${out}: is in the run itself, which is sealed`, { hint: 'give a directory elsewhere' });
  const report = maskedReport(run, mask);
  const keyId = signer && keyIdOf(signer.publicKey);
  const content: Record<(typeof FILES)[number], string> = {
    'junit.xml': renderJUnit(report),
    'report.html': renderHtml(report, { ...UNSEALED, keyId }),
    'report.json': renderReportJson(report),
  };
  mkdirSync(out, { recursive: true });
  for (const path of FILES) writeFileSync(join(out, path), content[path]);
  const manifest: MaskedManifest = {
    schema: 'drill/masked/1',
    run: report.run.id,
    harness: VERSION,
    original: {
      manifestSha256: report.masked?.originalManifestSha256 ?? '',
      journalHead: report.run.journalHead,
    },
    maskSha256: mask.digest(),
    files: FILES.map((path) => ({ path, ...digestFile(out, path) })),
  };
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(out, MASKED), bytes);
  if (signer !== null) {
    const payload = statementOf(manifest, bytes, report);
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

/** in-toto attestation v1, Statement, about `masked.json`, which names every file with its digest. A function of the files, so that a verifier makes it again. */
function statementOf({ files: _, schema: __, ...of }: MaskedManifest, bytes: Uint8Array, report: Report): Buffer {
  return Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: MASKED, digest: { sha256: sha256(bytes) } }],
      predicateType: MASKED_REPORT,
      predicate: { ...of, verdict: report.verdict },
    }),
  );
}

export interface VerifiedMasked {
  readonly manifest: MaskedManifest;
  readonly manifestSha256: string;
  readonly signed: Signed;
}

/** Verifies a masked report by itself, offline: every file, nothing beside them, what the report says of its run, the signature. An EvidenceError names the first thing that is wrong. */
export function verifyMasked(directory: string, publicKey: KeyObject | null): VerifiedMasked {
  const bytes = readWhole(directory, MASKED);
  const manifest = parseMasked(bytes);
  const expected = new Set<string>([...FILES, MASKED, MASKED_ENVELOPE]);
  const there = listFiles(directory);
  for (const path of there)
    if (!expected.has(path)) throw new EvidenceError(`${shownPath(path)}: does not stand in ${MASKED}`);
  for (const [i, { path, bytes: length, sha256: digest }] of manifest.files.entries()) {
    if (path !== FILES[i]) throw new EvidenceError(`${MASKED}: expected ${FILES[i]}, got ${path}`);
    if (!there.includes(path)) throw new EvidenceError(`${path}: stands in ${MASKED}, and is missing`);
    const got = digestFile(directory, path);
    if (got.bytes !== length || got.sha256 !== digest) throw new EvidenceError(`${path}: its content has changed`);
  }
  const report = readOwn(directory);
  const { masked, run } = report;
  const { original } = manifest;
  if (
    masked?.originalManifestSha256 !== original.manifestSha256 ||
    masked.maskSha256 !== manifest.maskSha256 ||
    run.id !== manifest.run ||
    run.journalHead !== original.journalHead
  )
    throw new EvidenceError(`report.json: is of another run or mask than ${MASKED} says`);
  const signed = verifyEnvelope(directory, there, statementOf(manifest, bytes, report), publicKey);
  return { manifest, manifestSha256: sha256(bytes), signed };
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

/** That a masked report is the report of this run under this mask: it is made again, and compared to the byte. An EvidenceError where it is not. */
export function compareWithOriginal(directory: string, { manifest }: VerifiedMasked, run: string, mask: Mask): void {
  const other = (what: string): never => {
    throw new EvidenceError(`${MASKED}: ${what}`);
  };
  const { manifestSha256 } = verifySealed(run);
  if (manifestSha256 !== manifest.original.manifestSha256) other('its original is another run than this one');
  const again = maskedReport(run, mask);
  if (mask.digest() !== manifest.maskSha256)
    other(
      `made with another mask than this one${manifest.harness === VERSION ? '' : `, or by another version (${manifest.harness}, this is ${VERSION})`}`,
    );
  if (renderReportJson(again) !== readWhole(directory, 'report.json').toString('utf8'))
    other('its report is not what this run and this mask make');
}

function parseMasked(bytes: Uint8Array): MaskedManifest {
  const value = parseExact(bytes, MASKED, 2);
  const parsed = maskedSchema.safeParse(value);
  if (!parsed.success || !sameOrder(parsed.data, value))
    throw new EvidenceError(`${MASKED}: expected the manifest of a masked report`);
  return parsed.data;
}

function readOwn(directory: string): Report {
  try {
    return reportSchema.parse(JSON.parse(readFileSync(join(directory, 'report.json'), 'utf8')));
  } catch (error) {
    throw new EvidenceError(`report.json: expected a report of this version: ${messageOf(error).slice(0, 200)}`);
  }
}
