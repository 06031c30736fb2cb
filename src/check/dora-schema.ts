import { z } from 'zod';
import { digest, enteredSchema, plannedDeclarationSchema } from '../scenario/drill-file.ts';
import { count, us } from './schema-values.ts';

const text = z.string();
/** `upper` null: no bound is known. */
const interval = z.strictObject({ lower: z.number(), upper: z.number().nullable() });
/** Null: unknown. */
const known = z.boolean().nullable();

/** How far a record reaches into what a provision asks for. It never says that anything is met. */
export const REACHES = ['supports', 'partial', 'not covered'] as const;
export type Reach = (typeof REACHES)[number];

/** One stay of a service away from its first site, from the failover to the failback: the longest. */
const dwellSchema = z.strictObject({
  service: text,
  /** Where it was served meanwhile, in order. */
  sites: z.array(text),
  /** `lower` counts from SLO restored, `upper` from the failover; 0: nothing shows that it was served there with its level. */
  reached_us: interval,
  /** Declared before the run; null: not recorded. */
  required_us: us.nullable(),
  met: known,
  /** Between SLO restored and the end of the stay, in whole steps of the plots; null: there was no such time. */
  meanwhile: z
    .strictObject({ operations: count, ok: count, outages: count, violatingWindows: count, worstP95_us: us.nullable() })
    .nullable(),
  note: text,
});

const failbackSchema = z.strictObject({
  service: text,
  /** From the decision to the service level at the first site; null: unknown, see `note`. */
  length_us: interval.nullable(),
  /** What the alternate had acknowledged and was asked for at the first site; null: not read back there. */
  asked: count.nullable(),
  missing: interval.nullable(),
  note: text,
});

const loadSchema = z.strictObject({
  service: text,
  /** Operations a second that were to be run. */
  offered: z.number(),
  /** Declared before the run; null: not recorded. */
  peak: z.number().nullable(),
  /** Of the peak; null: no peak is recorded. */
  share: z.number().nullable(),
  /** This load was served within its level with a site less, during the stay there; null: unknown. What more would be is not measured. */
  heldWithoutSite: known,
});

const detectionSchema = z.strictObject({
  fault: text,
  detector: text,
  /** A stand-in of ours. */
  simulated: z.boolean(),
  /** From the effect of the fault to the alarm; null: see `note`. */
  elapsed_us: interval.nullable(),
  note: text,
});

const reconciliationSchema = z.strictObject({
  what: text,
  checked: count,
  missing: interval.nullable(),
  /** There more than once, or there and never written. */
  duplicate: count.nullable(),
  /** Another value than was written, or not the same at every place. */
  diverged: count.nullable(),
  note: text,
});

const familySchema = z.strictObject({
  /** Letter in RTS 26(2). */
  letter: text,
  family: text,
  state: z.enum(['exercised', 'simulated', 'not exercised']),
  /** By what; empty: by nothing. */
  by: text,
});

const criterionSchema = z.strictObject({
  criterion: text,
  threshold: text,
  measured: text,
  reached: known,
  note: text,
});

/** What the thresholds of (EU) 2024/1772 would say, had this been an incident. Hypothetical: a planned test is none. */
const classificationSchema = z.strictObject({
  hypothetical: z.literal(true),
  /** Downtime (Art. 3), which is not RTO and includes the backlog, of the worst service. */
  downtime_us: interval.nullable(),
  /** From the first effect to the end of the last fault, the failback and the backlog. */
  duration_us: interval.nullable(),
  criteria: z.array(criterionSchema),
  /** `would be` major, `would not be`, or unknown. */
  conclusion: z.enum(['would be', 'would not be', 'unknown']),
  why: text,
});

const provisionSchema = z.strictObject({
  provision: text,
  records: text,
  fields: z.array(text),
  reach: z.enum(REACHES),
  /** What the record holds of it, and what not. */
  why: text,
  /** Files of the run directory; what follows `#` is a JSON pointer. */
  evidence: z.array(text),
});

/** The part of `report.json` for exercises under (EU) 2022/2554. Reports of before it was there have none. */
export const doraSchema = z.strictObject({
  /** Of the plan as it is; null: it has no canonical form. */
  criteriaSha256: digest().nullable(),
  /** `intent.json`, written before the run, declares exactly these criteria. */
  criteriaDeclared: z.boolean(),
  /** Where the run stands among all that its register saw begin; null: not recorded. */
  attempt: z.strictObject({ series: text, counter: count }).nullable(),
  /** People's word for it, where it needed one; null: not recorded. */
  authorisation: z.strictObject({ operator: text, ticket: text, approver: text, from: text, to: text }).nullable(),
  /** What the scenario says of itself; null: nothing. */
  scenario: z.strictObject({ doraClass: text, function: text, owner: text }).nullable(),
  declared: plannedDeclarationSchema.nullable(),
  blastRadius: z.strictObject({
    struck: z.array(text),
    untouched: z.array(text),
    services: z.array(z.strictObject({ service: text, sites: z.array(text), left: z.array(text) })),
    /** Sites that no fault struck, and whose own probes saw an outage all the same. */
    beyond: z.array(text),
  }),
  stopConditions: z.array(z.strictObject({ condition: text, limit: text })),
  /** Those that broke something off. */
  stopped: z.array(z.strictObject({ at_us: us, condition: text, observed: text })),
  /** From the plan, as the record shows them. */
  deviations: z.array(text),
  families: z.array(familySchema),
  dwell: z.array(dwellSchema),
  failback: z.array(failbackSchema),
  load: z.array(loadSchema),
  detection: z.array(detectionSchema),
  /** No run restores from a backup. */
  restore: z.null(),
  reconciliation: z.array(reconciliationSchema),
  /** RTO against two hours; null: the profile is none that they bind, or is not recorded. */
  twoHours: z.array(z.strictObject({ service: text, rto_us: interval.nullable(), within: known })).nullable(),
  classification: classificationSchema,
  /** What people entered after the run, in a rendering of its own; null: not recorded. */
  entered: enteredSchema.extend({ sha256: digest() }).nullable(),
  provisions: z.array(provisionSchema),
});
export type Dora = z.infer<typeof doraSchema>;
export type DoraFacts = Omit<Dora, 'provisions'>;
