import { z } from 'zod';
import { reportSchema } from '../check/report-schema.ts';
import { journalLineJson } from '../history/event-schema.ts';
import { expectedSchema } from '../history-check/expected.ts';
import { planSchema } from '../scenario/plan.ts';

/** The JSON Schema (draft 2020-12) of `report.json`, version 1. */
export function reportJsonSchema(): Record<string, unknown> {
  return titled(z.toJSONSchema(reportSchema, { target: 'draft-2020-12' }), 'drill: report.json, version 1');
}

/** The JSON Schema (draft 2020-12) of `plan.json`, version 1. */
export function planJsonSchema(): Record<string, unknown> {
  return titled(z.toJSONSchema(planSchema, { target: 'draft-2020-12' }), 'drill: plan.json, version 1');
}

/** The JSON Schema (draft 2020-12) of one line of `journal.ndjson`. */
export function journalLineJsonSchema(): Record<string, unknown> {
  return titled(journalLineJson(), 'drill: a line of journal.ndjson');
}

/** The JSON Schema (draft 2020-12) of the right answers of a history of the corpus. */
export function expectedJsonSchema(): Record<string, unknown> {
  return titled(z.toJSONSchema(expectedSchema, { target: 'draft-2020-12' }), 'drill: expected.json of a corpus');
}

function titled(schema: object, title: string): Record<string, unknown> {
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title, ...schema };
}
