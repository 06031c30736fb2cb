import { z } from 'zod';
import { BACKUP_MODES } from './backup.ts';
import type { EventType } from './event.ts';

const us = z.int();
const text = z.string();
const timetable = { probe: text, service: text, site: text, client: text };
const quantiles = z.object({ n: z.int().min(0), p50: us, p99: us, max: us });
const json = z.unknown();
const instant = {
  fault: text,
  disaster: z.boolean(),
  notBefore_us: us,
  notAfter_us: us,
  observed: json,
};
const copied = { site: text, node: z.int().min(0), files: z.int().min(0), bytes: z.int().min(0) };
const restored = z.array(z.object({ ...copied, copied_us: us, started_us: us }));
const moved = z.object({ service: text, from: text, to: text, decided_us: us, reason: text });

/** What check relies on in the `data` of each type. Further members are allowed: a later harness may say more. */
const dataSchemas: Readonly<Record<EventType, z.ZodType>> = {
  'run-started': z.object({ run: text, scenario: text, harness: text, node: text }),
  anchored: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('tsa'), sha256: text }),
    z.object({ kind: z.literal('git'), ref: text, remote: text }),
    z.object({ kind: z.literal('none'), why: text }),
  ]),
  'timetable-started': z.object({
    ...timetable,
    start_us: us,
    rate: z.number().positive(),
    timeout_us: us,
    writes: z.array(text),
  }),
  'timetable-ended': z.object({ ...timetable, last: z.int().min(-1) }),
  phase: z.object({ phase: text }),
  'canary-injected': z.object({
    probe: text,
    client: text,
    site: text,
    outage: z.object({ from_us: us, to_us: us }),
    deleted: z.array(text),
  }),
  'undo-recorded': z.object({ fault: text, disaster: z.boolean() }),
  'fault-requested': z.object({ ...instant, type: text, target: text }),
  'fault-effective': z.object(instant),
  'fault-observed': z.object(instant),
  'fault-lapsed': z.object(instant),
  'fault-release-requested': z.object(instant),
  'fault-gone': z.object(instant),
  'backup-taken': z.object({
    backup: text,
    of: z.literal('opensearch').optional(),
    mode: z.enum(BACKUP_MODES),
    tool: text,
    from_us: us,
    to_us: us,
    nodes: z.array(z.object({ ...copied, took_us: us })),
  }),
  restored: z.object({
    fault: text,
    backup: text,
    nodes: restored,
  }),
  'restore-tested': z.object({
    backup: text,
    site: text,
    from_us: us,
    served_us: us,
    to_us: us,
    graph_us: us,
    nodes: restored,
    asked: z.int().min(0),
    counts: z.record(text, z.int().min(0)),
    complete: z.boolean(),
  }),
  'later-read': z.object({
    fault: text,
    site: text,
    probe: text,
    asked: z.int().min(0),
    again: z.int().min(0),
    settled: z.boolean().optional(),
    counts: z.record(text, z.int().min(0)),
    complete: z.boolean(),
  }),
  alert: z.object({
    alert: text,
    site: text,
    component: text,
    state: z.enum(['firing', 'resolved']),
    expected: z.boolean(),
  }),
  detected: z.object({ fault: text, detector: text, simulated: z.boolean(), service: text.optional() }),
  failover: moved,
  failback: moved,
  'stop-condition': z.object({ condition: text, observed: text }),
  'platform-event': z.object({ kind: text, what: text }),
  'read-back-done': z.object({
    stage: text,
    fault: text,
    site: text,
    probe: text,
    asked: z.int().min(0),
    counts: z.record(text, z.int().min(0)),
    complete: z.boolean(),
  }),
  'graph-census': z.object({
    stage: text,
    site: text,
    probe: text,
    rows: z.int().min(0),
    complete: z.boolean(),
    observed: text,
  }),
  'hints-delivered': z.object({ fault: text, settled: z.boolean(), observed: json }),
  repaired: z.object({ fault: text, ok: z.boolean(), observed: json }),
  clock: z.object({ offset_us: z.number(), bound_us: z.number(), suspended_us: us, at: z.enum(['start', 'end']) }),
  stall: z.object({ client: text, from_us: us, to_us: us, cause: text }),
  client: z.object({
    client: text,
    lateness_us: quantiles,
    loop_us: quantiles,
    gc_us: us,
    cpu_us: us,
    nice: z.int().min(-20).max(19).optional(),
    operations: z.int().min(0),
  }),
  generator: z.object({ client: text, generator: text, dropped: z.int().min(0) }),
  usage: z.object({ from_us: us, to_us: us, cores: z.number(), busy: z.number(), by: z.record(text, z.number()) }),
  machine: z.object({ from_us: us, to_us: us, steal: z.number(), busy: z.number(), load1: z.number() }),
  'cleanup-done': z.object({ probe: text, asked: z.int(), left: z.int(), struck: z.int().min(1).optional() }),
  'run-ended': z.object({ outcome: z.enum(['completed', 'aborted', 'failed']), reason: text }),
};

const lineSchema = z.strictObject({
  seq: z.int().min(0),
  at_us: us,
  wall: text,
  type: text,
  data: z.record(text, json),
  prev: text,
  hash: text,
});

/** One line of `journal.ndjson` as a JSON Schema without its head: what each known type says in `data`; other types may say anything. */
export function journalLineJson(): Record<string, unknown> {
  const jsonOf = (schema: z.ZodType): Record<string, unknown> => {
    const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
    return rest;
  };
  const allOf = Object.entries(dataSchemas).map(([type, data]) => ({
    if: { type: 'object', properties: { type: { const: type } } },
    // biome-ignore lint/suspicious/noThenProperty: the word of JSON Schema
    then: { type: 'object', properties: { data: jsonOf(data) } },
  }));
  return { ...jsonOf(lineSchema), allOf };
}

/** Why this is no event of a journal, in one line; null when it is one. Types that are not known are left alone. */
export function journalEventProblem(value: unknown): string | null {
  const line = lineSchema.safeParse(value);
  if (!line.success) return describe(line.error);
  const schema = Object.hasOwn(dataSchemas, line.data.type) ? dataSchemas[line.data.type as EventType] : undefined;
  const data = schema?.safeParse(line.data.data);
  return !data || data.success ? null : `${line.data.type}: data.${describe(data.error)}`;
}

function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join('.')}: ${issue.message}` : 'not an event';
}
