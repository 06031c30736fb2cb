import { z } from 'zod';
import { name, sentence, text } from '../scenario/shapes.ts';
import { positiveDuration } from '../scenario/values.ts';

/** What a scenario of an exercise may be there to prove. */
export const PROVED = ['rto', 'rpo', 'latency', 'availability', 'throughput'] as const;

const scenarioStep = z
  .strictObject({
    scenario: name('the name of a scenario'),
    proves: z
      .array(z.enum(PROVED))
      .min(1)
      .max(4)
      .describe('Which objectives it is there to prove: it must judge them.'),
    config: text(200).min(1).optional().describe('Configuration of the local platform that it needs.'),
  })
  .describe('A scenario that is run.');

const personStep = z
  .strictObject({
    person: sentence().describe('Who does it: a role.'),
    prompt: sentence().describe('What is to be done; what was done is entered, with a time stamp.'),
    within: positiveDuration().prefault('30m').describe('Not done where nothing was entered for so long.'),
  })
  .describe('What a person does.');

/** The strict schema of an exercise's YAML; durations become microseconds. */
export const exerciseSchema = z
  .strictObject({
    name: name('a name').describe("Equals the file's name."),
    title: sentence().describe('One line.'),
    every: positiveDuration().describe('How often it is due: 31d.'),
    functions: z.array(sentence()).min(1).max(50).describe('The critical or important functions that it covers.'),
    steps: z
      .array(z.union([scenarioStep, personStep]))
      .min(1)
      .max(100)
      .describe('In the order in which they are done.'),
  })
  .describe('An exercise of drill: scenarios and what people do, in order.');

/** An exercise as it was read. */
export type Exercise = z.output<typeof exerciseSchema>;
export type ExerciseStep = Exercise['steps'][number];
export type ScenarioStep = Extract<ExerciseStep, { scenario: string }>;

export function isScenarioStep(step: ExerciseStep): step is ScenarioStep {
  return 'scenario' in step;
}

const row = z.strictObject({
  row: sentence().describe('What fails, or what is promised: unique.'),
  group: sentence().describe('Under what heading it stands.'),
  promised: text(300).default('').describe('What the plan of the platform promises.'),
  scenarios: z.array(name('the name of a scenario')).min(1).max(100).optional().describe('What exercises it.'),
  tier: z.int().min(1).max(4).optional().describe('Exercised by every scenario of this tier.'),
  function: sentence().optional().describe('Exercised by every scenario whose dora.function says so.'),
  notHere: sentence().optional().describe('Why nothing exercises it here.'),
  note: text(500).default('').describe('What its scenarios do not show of it.'),
});

/** The strict schema of `functions.yaml`: every row of the platform's plan, and which scenarios exercise it. */
export const coverageSchema = z
  .strictObject({
    every: positiveDuration().prefault('365d').describe('What was last exercised longer ago is overdue.'),
    rows: z.array(row).min(1).max(1_000),
  })
  .describe('What the scenarios cover of the plan of the platform.');

export type CoverageFile = z.output<typeof coverageSchema>;
export type CoverageRow = CoverageFile['rows'][number];

/** JSON Schema (2020-12) of an exercise's YAML, for editors. */
export function exerciseJsonSchema(): Record<string, unknown> {
  return titled('drill exercise', exerciseSchema);
}

/** JSON Schema (2020-12) of `functions.yaml`, for editors. */
export function coverageJsonSchema(): Record<string, unknown> {
  return titled('drill coverage', coverageSchema);
}

function titled(title: string, of: z.ZodType): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(of, { io: 'input', target: 'draft-2020-12' });
  return { $schema, title, ...schema };
}
