import { z } from 'zod';
import { type Report, reportSchema } from '../check/report-schema.ts';
import type { RedactText } from './redact-text.ts';

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

/** What the harness itself makes, of this shape and no other: names of nobody. */
const KEPT: ReadonlyMap<string, RegExp> = new Map([
  ['harness', /^\d{1,4}\.\d{1,4}\.\d{1,4}$/],
  ['run.id', RUN_ID],
  ['run.started', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/],
  ['run.journalHead', /^[0-9a-f]{64}$/],
]);

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
  const schema = z.toJSONSchema(reportSchema, { io: 'input', reused: 'inline' }) as JsonSchema;
  const withheld: string[] = [];

  const walk = (value: unknown, at: readonly JsonSchema[], path: string): unknown => {
    const schemas = at.flatMap(alternatives);
    if (typeof value === 'string') {
      if (value === '' || KEPT.get(path)?.test(value) || enumerated(schemas, value)) return value;
      return redact(value);
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
        if (!withheld.includes(place)) withheld.push(place);
        out[key] = '';
      } else if (OF_PEOPLE.has(place)) {
        if (child !== null) withheld.push(place);
        out[key] = null;
      } else put(out, own ? key : redact(key), walk(child, declared.length > 0 ? declared : more, place));
    }
    return out;
  };
  return { report: reportSchema.parse(walk(report, [schema], '')), withheld };
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
