import { z } from 'zod';
import { type Report, reportSchema } from '../check/report-schema.ts';
import { type ExerciseRecord, exerciseRecordSchema } from '../drills/record.ts';
import type { RedactText } from './redact-text.ts';
import { LEFT_OUT_WORDS, withholdDerived, withoutLever } from './withhold.ts';

/** Its beginning, and random digits. */
export const RUN_ID = /^\d{8}T\d{6}Z-[0-9a-f]{6,8}$/;

/** Written by people in sentences of their own: no list of words says what is in them. */
const WITHHELD: ReadonlySet<string> = new Set([
  'title',
  'hypothesis',
  'description',
  'prompt',
  'entry',
  'comment',
  'text',
]);
/** The one `text` that the harness writes itself stands beside these. */
const OF_THE_HARNESS: readonly string[] = ['subject', 'at_us'];

const VERSION = /^\d{1,4}\.\d{1,4}\.\d{1,4}$/;
const WALL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const HEX = /^[0-9a-f]{64}$/;

/** What the harness itself makes, of this shape and no other: names of nobody. */
type Kept = ReadonlyMap<string, RegExp>;
const KEPT: Kept = new Map([
  ['harness', VERSION],
  ['run.id', RUN_ID],
  ['run.started', WALL],
  ['run.journalHead', HEX],
]);
/** The digest of the exercise's file is none of it: whoever guesses the file finds out by it. */
const KEPT_OF_RECORD: Kept = new Map([
  ['harness', VERSION],
  ['id', RUN_ID],
  ['started', WALL],
  ['ended', WALL],
  ['fileSha256', /^0{64}$/],
  ['steps.asked', WALL],
  ['steps.entered', WALL],
  ['steps.run.id', RUN_ID],
  ['steps.run.started', WALL],
  ['steps.run.manifestSha256', HEX],
]);

/** A file of the run directory and a JSON pointer into it, whose steps are members of the schema and indexes: the harness's own. */
const EVIDENCE =
  /^(?:(?:plan|intent|report)\.json|journal\.ndjson|(?:history|read-back)\.csv)(?:#((?:\/[A-Za-z0-9_]+)+))?$/;
const EVIDENCE_AT = 'dora.provisions.evidence';

/** What people declared, entered and allowed, in words of their own and with their names; and the digest of criteria that holds them. Null in a masked report. */
const OF_PEOPLE: ReadonlySet<string> = new Set([
  'dora.criteriaSha256',
  'dora.authorisation',
  'dora.declared',
  'dora.entered',
]);

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

export interface Redacted {
  readonly report: Report;
  /** Where something was left out as a whole: `run.title`. */
  readonly withheld: readonly string[];
}

/**
 * A report with its names masked: every figure and every word of the schema's own enumerations stays; all other text goes through `redact`, whatever
 * member it stands in, so that a member of tomorrow is masked as well.
 */
export function redactReport(report: Report, redact: RedactText): Redacted {
  const schema = schemaOf(reportSchema);
  const derived = withholdDerived(report);
  const { value, withheld } = walkThrough(derived.report, schema, KEPT, redact);
  return { report: reportSchema.parse(value), withheld: [...new Set([...withheld, ...derived.withheld])] };
}

/** The same of the record of an exercise. */
export function redactRecord(
  record: ExerciseRecord,
  redact: RedactText,
): { readonly record: ExerciseRecord; readonly withheld: readonly string[] } {
  const bare = { ...record, fileSha256: '0'.repeat(64) };
  const { value, withheld } = walkThrough(bare, schemaOf(exerciseRecordSchema), KEPT_OF_RECORD, redact);
  const masked = exerciseRecordSchema.parse(value);
  // That something was entered is no name, and the verdict of the step rests on it.
  const steps = masked.steps.map((step, i) => {
    const was = record.steps[i];
    return step.kind === 'person' && was?.kind === 'person' && was.entry !== ''
      ? { ...step, entry: LEFT_OUT_WORDS }
      : step;
  });
  return { record: { ...masked, steps }, withheld: ['fileSha256', ...withheld] };
}

function schemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', reused: 'inline' }) as JsonSchema;
}

function walkThrough(
  whole: unknown,
  schema: JsonSchema,
  kept: Kept,
  redact: RedactText,
): { readonly value: unknown; readonly withheld: readonly string[] } {
  const members = membersOf(schema);
  const withheld: string[] = [];
  const leaveOut = (place: string): void => {
    if (!withheld.includes(place)) withheld.push(place);
  };
  const isOwn = (path: string, text: string): boolean =>
    kept.get(path)?.test(text) === true || (path === EVIDENCE_AT && isEvidence(text, members));

  const walk = (value: unknown, at: readonly JsonSchema[], path: string): unknown => {
    const schemas = at.flatMap(alternatives);
    if (typeof value === 'string') {
      if (value === '' || isOwn(path, value) || enumerated(schemas, value)) return value;
      const said = withoutLever(value);
      if (said !== value) leaveOut(path);
      return redact(said);
    }
    if (Array.isArray(value)) {
      const items = schemas.flatMap(({ items: of }) => (of === undefined ? [] : [of]));
      return value.map((one) => walk(one, items, path));
    }
    if (typeof value !== 'object' || value === null) return value;
    const out: Record<string, unknown> = {};
    const prose = !OF_THE_HARNESS.some((key) => Object.hasOwn(value, key));
    for (const [key, child] of Object.entries(value)) {
      const place = path === '' ? key : `${path}.${key}`;
      const declared = schemas.flatMap(({ properties }) => (properties?.[key] === undefined ? [] : [properties[key]]));
      const more = schemas.flatMap(({ additionalProperties: of }) => (typeof of === 'object' ? [of] : []));
      const names = schemas.flatMap(({ propertyNames: of }) => (of === undefined ? [] : alternatives(of)));
      const own = declared.length > 0 || enumerated(names, key);
      if (declared.length > 0 && prose && WITHHELD.has(key) && typeof child === 'string' && child !== '') {
        leaveOut(place);
        out[key] = '';
      } else if (OF_PEOPLE.has(place)) {
        if (child !== null) leaveOut(place);
        out[key] = null;
      } else put(out, own ? key : redact(key), walk(child, declared.length > 0 ? declared : more, place));
    }
    return out;
  };
  return { value: walk(whole, [schema], ''), withheld };
}

/** The name of every member that a report may have. */
function membersOf(schema: JsonSchema): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys((value as JsonSchema).properties ?? {})) names.add(key);
    for (const child of Object.values(value)) visit(child);
  };
  visit(schema);
  return names;
}

function isEvidence(text: string, members: ReadonlySet<string>): boolean {
  const match = EVIDENCE.exec(text);
  const steps = match?.[1]?.split('/').slice(1) ?? [];
  return match !== null && steps.every((step) => /^\d{1,6}$/.test(step) || members.has(step));
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return inner.length === 0 ? [schema] : [schema, ...inner.flatMap(alternatives)];
}

function enumerated(schemas: readonly JsonSchema[], value: string): boolean {
  return schemas.some((one) => one.const === value || one.enum?.includes(value) === true);
}

/** Two keys may have become one: their counts are added. */
function put(out: Record<string, unknown>, key: string, value: unknown): void {
  const there = Object.hasOwn(out, key) ? out[key] : undefined;
  const sum = typeof there === 'number' && typeof value === 'number' ? there + value : value;
  Object.defineProperty(out, key, { value: sum, enumerable: true, configurable: true, writable: true });
}
