import { z } from 'zod';
import { EvidenceError } from '../errors.ts';
import { SHOWN } from '../text.ts';
import { MANIFEST } from './bundle-files.ts';
import { parseExact, sameOrder } from './exact-json.ts';
import { ROLE } from './keyring.ts';
import { STATEMENT_TYPE } from './statement.ts';

/* What people say about a sealed run or exercise, each in an envelope of its own: in-toto statements over the manifest, with predicates of our own. */

const SIGN_OFF = 'urn:drill:sign-off:v0.1';
const AMENDMENT = 'urn:drill:amendment:v0.1';
export const DECISIONS = ['approved', 'rejected'] as const;
export type Decision = (typeof DECISIONS)[number];

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const words = (atMost: number) => z.string().max(atMost).regex(SHOWN);
const line = words(200).regex(/^[^\n]*\S[^\n]*$/);
const common = {
  /** From 1, in the order in which they were made: that of its file. */
  number: z.int().positive(),
  /** SHA-256 of the file of the statement before; null: this is the first. */
  previous: hex.nullable(),
  /** The run or the exercise. */
  about: z.string(),
  by: z.strictObject({ name: line, role: z.string().regex(ROLE) }),
  /** By the clock of whoever signs: nobody else vouches for it. */
  stated: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
};

/** Whether somebody who did not run it accepts the result. */
const signOffSchema = z.strictObject({ ...common, decision: z.enum(DECISIONS), note: words(10_000) });
/** What is to be known beside what was sealed: a correction, a finding, a later insight. What was sealed stays as it is. */
const amendmentSchema = z.strictObject({
  ...common,
  reason: words(10_000).regex(/\S/),
  /** A text that goes with it, whole. */
  attachment: z.strictObject({ name: line, text: z.string().max(262_144) }).nullable(),
});
const statementOf = <T extends string, P extends z.ZodType>(predicateType: T, predicate: P) =>
  z.strictObject({
    _type: z.literal(STATEMENT_TYPE),
    subject: z.tuple([z.strictObject({ name: z.literal(MANIFEST), digest: z.strictObject({ sha256: hex }) })]),
    predicateType: z.literal(predicateType),
    predicate,
  });
const statementSchema = z.discriminatedUnion('predicateType', [
  statementOf(SIGN_OFF, signOffSchema),
  statementOf(AMENDMENT, amendmentSchema),
]);

export type SignOff = z.infer<typeof signOffSchema>;
export type Amendment = z.infer<typeof amendmentSchema>;
/** As it is given to be signed, and as it was read. */
export type HumanStatement = ({ readonly kind: 'sign-off' } & SignOff) | ({ readonly kind: 'amendment' } & Amendment);

/** The bytes that are signed. */
export function renderStatement({ kind, ...said }: HumanStatement, manifestSha256: string): Buffer {
  const value = {
    _type: STATEMENT_TYPE,
    subject: [{ name: MANIFEST, digest: { sha256: manifestSha256 } }],
    predicateType: kind === 'sign-off' ? SIGN_OFF : AMENDMENT,
    predicate: said,
  };
  return Buffer.from(JSON.stringify(value));
}

/** Reads what was signed, strictly, with the digest of the manifest that it is about. An EvidenceError that begins with `where` for all else. */
export function parseStatement(
  bytes: Uint8Array,
  where: string,
): { readonly said: HumanStatement; readonly manifestSha256: string } {
  const value = parseExact(bytes, where, 0);
  const parsed = statementSchema.safeParse(value);
  if (!parsed.success || !sameOrder(parsed.data, value))
    throw new EvidenceError(`${where}: expected a sign-off or an amendment (in-toto statement over ${MANIFEST})`);
  const { data } = parsed;
  const said: HumanStatement =
    data.predicateType === SIGN_OFF
      ? { kind: 'sign-off', ...data.predicate }
      : { kind: 'amendment', ...data.predicate };
  return { said, manifestSha256: data.subject[0].digest.sha256 };
}
