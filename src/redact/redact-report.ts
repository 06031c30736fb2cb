import { z } from 'zod';
import { type Report, reportSchema } from '../check/report-schema.ts';
import type { RedactText } from './redact-text.ts';
import { withholdDerived, withoutLever } from './withhold.ts';

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
  const schema = z.toJSONSchema(reportSchema, { io: 'input', reused: 'inline' }) as JsonSchema;
  const members = membersOf(schema);
  const derived = withholdDerived(report);
  const withheld: string[] = [];
  const leaveOut = (place: string): void => {
    if (!withheld.includes(place)) withheld.push(place);
  };
  const isOwn = (path: string, text: string): boolean =>
    KEPT.get(path)?.test(text) === true || (path === EVIDENCE_AT && isEvidence(text, members));

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
  const walked = reportSchema.parse(walk(derived.report, [schema], ''));
  return { report: walked, withheld: [...new Set([...withheld, ...derived.withheld])] };
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
