import { z } from 'zod';

/** What is verified of `intent.json`. What it does not declare was not declared before the run: every member must be there. */
export const intentSchema = z.looseObject({
  run: z.string(),
  scenario: z.string(),
  scenarioSha256: z.string(),
  criteriaSha256: z.string(),
  planSha256: z.string(),
  harness: z.string(),
  /** Runs of before there was a register have none. */
  sequence: z.looseObject({ series: z.string(), counter: z.int().positive() }).optional(),
});
const timetable = z.looseObject({ probe: z.string(), service: z.string(), site: z.string(), client: z.string() });
export const planSchema = z.looseObject({
  scenario: z.looseObject({
    name: z.string(),
    sha256: z.string(),
    title: z.string(),
    hypothesis: z.string(),
    tier: z.int().nullable(),
    dora: z.looseObject({ class: z.string(), function: z.string(), owner: z.string() }).nullish(),
  }),
  platform: z.looseObject({
    name: z.string(),
    environment: z.string(),
    sites: z.array(z.looseObject({ name: z.string() })),
  }),
  timetables: z.array(timetable),
  timeline: z.array(z.looseObject({ id: z.string(), type: z.string(), site: z.string(), disaster: z.boolean() })),
  notMeasured: z.array(z.looseObject({ what: z.string(), why: z.string() })),
  objectives: z.array(z.unknown()),
  settings: z.looseObject({}),
  declared: z.looseObject({ testers: z.array(z.looseObject({ name: z.string() })).optional() }).optional(),
});
const verdict = z.enum(['pass', 'fail', 'unknown']);
const bound = z.number();
export const reportSchema = z.looseObject({
  harness: z.string(),
  run: z.looseObject({
    id: z.string(),
    scenario: z.string(),
    environment: z.string(),
    outcome: z.enum(['completed', 'aborted', 'failed']),
    journalHead: z.string(),
    defects: z.array(z.string()),
  }),
  verdict,
  reasons: z.array(z.looseObject({ verdict })),
  facts: z.array(z.looseObject({ fact: z.string(), value: z.string() })).optional(),
  notMeasured: z.array(z.unknown()).optional(),
  views: z.array(timetable).optional(),
  objectives: z.array(
    z.looseObject({
      objective: z.looseObject({ id: z.string(), metric: z.string().optional() }),
      statement: z.string(),
      unit: z.string(),
      measured: z.strictObject({ lower: bound, upper: bound.nullable() }).nullable(),
      verdict,
      reason: z.string(),
    }),
  ),
  faults: z.array(z.looseObject({ requested: z.unknown(), gone: z.unknown() })),
  dora: z.looseObject({ entered: z.unknown() }).optional(),
});

const outcome = z.enum(['completed', 'aborted', 'failed']);
/** What is verified of `exercise.json`: what its statement says, where its runs are, and what it says of them. */
export const exerciseSchema = z.looseObject({
  harness: z.string(),
  id: z.string(),
  exercise: z.string(),
  fileSha256: z.string(),
  operators: z.array(z.string()),
  started: z.string(),
  ended: z.string().nullable(),
  verdict,
  steps: z.array(
    z.looseObject({
      kind: z.enum(['scenario', 'person']),
      verdict,
      scenario: z.string().optional(),
      proves: z.array(z.string()).optional(),
      /** Of a person: when they said what they did. */
      entered: z.string().nullish(),
      entry: z.string().optional(),
      run: z
        .looseObject({
          id: z.string(),
          path: z.string(),
          started: z.string(),
          outcome,
          verdict,
          manifestSha256: z.string().nullable(),
        })
        .nullish(),
      /** Of a scenario that ran: what the run judged. */
      objectives: z
        .array(z.looseObject({ id: z.string(), statement: z.string(), verdict, reason: z.string() }))
        .optional(),
    }),
  ),
});

export type SealedIntent = z.infer<typeof intentSchema>;
export type SealedPlan = z.infer<typeof planSchema>;
export type SealedReport = z.infer<typeof reportSchema>;
export type SealedRecord = z.infer<typeof exerciseSchema>;
