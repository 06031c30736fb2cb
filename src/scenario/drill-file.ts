import { z } from 'zod';
import { sentence, text } from './shapes.ts';
import { durationText } from './values.ts';

/** Two letters each (ISO 3166-1), as of 2026. */
const MEMBER_STATES = 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ') as [
  string,
  ...string[],
];
const A_YEAR = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const AN_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)$/;
const RATE = /^(?=[0.]*[1-9])\d{1,9}(?:\.\d{1,3})?\/s$/;

const person = () => text(200).trim().min(1);

const date = () => {
  const error = 'expected a day such as 2026-01-31';
  return z.string({ error }).regex(A_YEAR, { error }).refine(isADay, { error });
};

/** The engine takes 31 February for 3 March. */
function isADay(day: string): boolean {
  const at = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
}

const instant = () => {
  const error = 'expected an instant with its zone, such as 2026-01-31T12:00:00Z';
  return z
    .string({ error })
    .regex(AN_INSTANT, { error })
    .refine((at) => !Number.isNaN(Date.parse(at)) && isADay(at.slice(0, 10)), { error });
};

/** SHA-256, hex. */
export const digest = () => {
  const error = 'expected a SHA-256: 64 hex digits in lower case';
  return z.string({ error }).regex(/^[0-9a-f]{64}$/, { error });
};

const reference = (what: string) =>
  z
    .strictObject({ ref: sentence().describe('Where it is: name, version, address.'), sha256: digest().optional() })
    .optional()
    .describe(what);

/** Whom two hours bind (RTS 24(2) to (4)), and whom they do not. */
export const PROFILES = ['bank', 'ccp', 'csd', 'trading-venue'] as const;

const rateText = () => {
  const error = 'expected a rate such as 1200/s, above 0';
  return z.string({ error }).regex(RATE, { error });
};

/** Operations a second of a rate as it was written. */
export const perSecond = (rate: string): number => Number(rate.slice(0, -'/s'.length));

/** What must stand before the run: it is part of the plan and of `criteriaSha256`. Absent: not recorded. Kept as it was written. */
export const declaredSchema = z
  .strictObject({
    trigger: z
      .strictObject({ kind: z.enum(['schedule', 'change']), what: sentence() })
      .optional()
      .describe('Why this drill is held: its schedule, or the change after which it is due.'),
    plan: z
      .strictObject({ id: person(), version: person().describe('As text: "1.2".') })
      .optional()
      .describe('The continuity, or response and recovery, plan that is tested.'),
    biaRef: reference('The business impact analysis.'),
    riskRef: reference('The risk assessment.'),
    assumption: sentence().optional().describe('The assumption that the scenario challenges.'),
    criteria: z
      .strictObject({
        activation: sentence().optional().describe('When the plan would be activated.'),
        success: sentence().optional().describe('What makes the drill a success, beside the objectives.'),
      })
      .optional()
      .describe('Conditions of activation and of success.'),
    function: z
      .strictObject({
        name: person().optional().describe("The scenario's dora.function, where that is said."),
        owner: person().optional().describe('Who answers for it, and for its objectives.'),
        critical: z
          .boolean()
          .optional()
          .describe('It is critical or important, or needs an authorisation (2024/1772, Art. 6).'),
        memberStates: z
          .array(z.enum(MEMBER_STATES))
          .min(1)
          .optional()
          .describe('Where those are who would be without it: [FR, DE].'),
      })
      .optional(),
    profile: z.enum(PROFILES).optional().describe('Two hours bind CCPs, CSDs and trading venues, and no bank.'),
    testers: z
      .array(
        z.strictObject({
          name: person(),
          role: z.enum(['test lead', 'tester']),
          line: z.enum(['first', 'second', 'third', 'external']).describe('Of defence; for independence.'),
        }),
      )
      .min(1)
      .max(100)
      .optional(),
    dwell: durationText().optional().describe('How long the alternate must serve, with its level: 30m.'),
    peakLoad: z
      .record(z.string().min(1).max(60), rateText())
      .optional()
      .describe('The peak that each service must bear: { ledger: 1200/s }.'),
  })
  .describe('Fixed before the run, which hashes it.');
export type Declared = z.infer<typeof declaredSchema>;

/** As it stands in `plan.json`, with the digest of the file it was read from. */
export const plannedDeclarationSchema = declaredSchema.extend({ sha256: digest() });
export type PlannedDeclaration = z.infer<typeof plannedDeclarationSchema>;

const said = (what: string) =>
  z
    .strictObject({ at: instant().optional().describe('When it happened.'), what: sentence() })
    .optional()
    .describe(what);

/** What people enter after the run, for a rendering beside the sealed files. Absent: not recorded; an empty list: none, says who entered it. */
export const enteredSchema = z
  .strictObject({
    run: text(100).min(1).describe('The run that it is about: 20260131T120000Z-7f3a91.'),
    by: person().describe('Who enters it.'),
    at: instant().describe('When.'),
    participants: z
      .array(z.strictObject({ name: person(), role: person() }))
      .max(500)
      .optional(),
    response: z
      .strictObject({
        activation: said('How the plan was activated, by whom.'),
        impact: said('What it meant for those who need the function.'),
        communication: said('Who was told: crisis communication.'),
      })
      .optional()
      .describe('What people did.'),
    deviations: z.array(sentence()).max(100).optional().describe('From the plan, beside those that the record shows.'),
    findings: z
      .array(
        z.strictObject({
          shortcoming: sentence(),
          objective: text(200).min(1).optional().describe('The objective that shows it, by id: rto/ledger.'),
          analysis: sentence().optional().describe('Why it is so.'),
          measure: sentence().optional(),
          priority: z.enum(['high', 'medium', 'low']).optional(),
          owner: person().optional(),
          due: date().optional(),
          retest: sentence().optional().describe('When and how it is tested again.'),
        }),
      )
      .max(500)
      .optional(),
    collateralImpact: sentence().optional().describe('What the drill broke beyond its plan: for a person to decide.'),
    signOff: z
      .strictObject({
        testLead: person().optional(),
        approver: person().optional().describe('Not the test lead, none of the testers, and nobody who ran it.'),
        approved: date().optional(),
        managementBody: date().optional().describe("The date of the management body's approval."),
      })
      .optional()
      .describe('What audit has to say is never filled in here.'),
  })
  .describe('Entered after the run; it is no part of what is sealed.');
export type Entered = z.infer<typeof enteredSchema>;

/** The strict schema of a drill file. */
export const drillFileSchema = z
  .strictObject({ before: declaredSchema.optional(), after: enteredSchema.optional() })
  .describe('What people declare before a run of drill, and enter after it.');
export type DrillFile = z.infer<typeof drillFileSchema>;

/** JSON Schema (2020-12) of a drill file, for editors. */
export function drillFileJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(drillFileSchema, { io: 'input', target: 'draft-2020-12' });
  return { $schema, title: 'drill file', ...schema };
}
