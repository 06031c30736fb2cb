import { z } from 'zod';
import { EvidenceError } from '../errors.ts';
import { sha256 } from '../evidence/bundle-files.ts';
import { parseExact, sameOrder } from '../evidence/exact-json.ts';
import { MASKED } from './masked-files.ts';

/** What a masked report of each kind is made of, in order; the one that all others are made of is JSON. */
export const MASKED_FILES = {
  run: ['junit.xml', 'report.html', 'report.json'],
  exercise: ['exercise.html', 'exercise.json'],
} as const;
export type MaskedKind = keyof typeof MASKED_FILES;
/** Our own: names, no addresses. */
const PREDICATES = { run: 'urn:drill:masked-report:v0.1', exercise: 'urn:drill:masked-exercise:v0.1' } as const;

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const id = z.string().regex(/^[!-~]{1,200}$/);
const filesOf = <const F extends readonly string[]>(files: F) =>
  z.array(z.strictObject({ path: z.enum(files), bytes: z.int().min(0), sha256: hex })).length(files.length);

const runSchema = z.strictObject({
  schema: z.literal('drill/masked/1'),
  run: id,
  /** The version that masked it: another one may mask more or less. */
  harness: z.string(),
  /** The sealed run of which this is the report. */
  original: z.strictObject({ manifestSha256: hex, journalHead: z.string() }),
  maskSha256: hex,
  files: filesOf(MASKED_FILES.run),
});
const exerciseSchema = z.strictObject({
  schema: z.literal('drill/masked-exercise/1'),
  exercise: id,
  harness: z.string(),
  original: z.strictObject({ manifestSha256: hex }),
  maskSha256: hex,
  files: filesOf(MASKED_FILES.exercise),
});
const maskedSchema = z.discriminatedUnion('schema', [runSchema, exerciseSchema]);
/** `masked.json`, of a run or of an exercise. */
export type MaskedManifest = z.infer<typeof maskedSchema>;

export function kindOf({ schema }: Pick<MaskedManifest, 'schema'>): MaskedKind {
  return schema === 'drill/masked/1' ? 'run' : 'exercise';
}

/** Of the run or the exercise. */
export function maskedId(manifest: MaskedManifest): string {
  return 'run' in manifest ? manifest.run : manifest.exercise;
}

/** Reads `masked.json`, strictly. */
export function parseMasked(bytes: Uint8Array): MaskedManifest {
  const value = parseExact(bytes, MASKED, 2);
  const parsed = maskedSchema.safeParse(value);
  if (!parsed.success || !sameOrder(parsed.data, value))
    throw new EvidenceError(`${MASKED}: expected the manifest of a masked report`);
  const files = MASKED_FILES[kindOf(parsed.data)];
  for (const [i, { path }] of parsed.data.files.entries())
    if (path !== files[i]) throw new EvidenceError(`${MASKED}: expected ${files[i]}, got ${path}`);
  return parsed.data;
}

/** in-toto attestation v1, Statement, about `masked.json`, which names every file with its digest. A function of the files, so that a verifier makes it again. */
export function maskedStatement(manifest: MaskedManifest, bytes: Uint8Array, verdict: string): Buffer {
  const { files: _, schema: __, ...of } = manifest;
  return Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: MASKED, digest: { sha256: sha256(bytes) } }],
      predicateType: PREDICATES[kindOf(manifest)],
      predicate: { ...of, verdict },
    }),
  );
}
