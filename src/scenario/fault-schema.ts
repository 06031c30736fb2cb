import { z } from 'zod';
import type { FaultType } from '../faults/fault.ts';
import { name, parameters, siteName, some } from './shapes.ts';
import { duration, positiveDuration } from './values.ts';

/** Entries of a timeline; and faults that they come to, with their repetitions. */
export const MAX_ENTRIES = 20;
export const MAX_FAULTS = 60;
/** Of a repeated fault. */
const MAX_TIMES = 20;

/** What stands in the place of a fixed value: `{ pick: any }`, `{ pick: [paris, london] }`. */
const choice = <T extends z.core.$ZodType<string>>(one: T, among: string) =>
  z
    .union([z.literal('any'), z.array(one).min(2).max(20)], {
      error: `expected any, or a list of at least two to pick from: ${among}`,
    })
    .describe(`any, or a list: one of ${among} is picked at random, by the seed.`);

/** For what is no mapping, beside what else might stand there. */
const error = (issue: z.core.$ZodRawIssue): string | undefined =>
  issue.code === 'invalid_type' ? 'a pick such as { pick: any }' : undefined;

const sitePick = z.strictObject(
  {
    pick: choice(siteName(), 'the sites'),
    not: z
      .array(name('the id of a fault'))
      .min(1)
      .max(MAX_ENTRIES)
      .optional()
      .describe('Faults above this one (all repetitions of one that is repeated) whose sites it is not to be.'),
  },
  { error },
);

const faultShape = {
  site: z.union([siteName(), sitePick]).describe('The site that it strikes, or { pick: any }.'),
  disaster: z
    .boolean()
    .optional()
    .describe(
      'RTO and RPO run from this fault; the only fault of a scenario is it anyway. Of one that is repeated it is the last.',
    ),
};

/** An entry of a scenario's timeline: a fault, when, and how often. */
export function timelineEntry(faults: ReadonlyMap<string, Pick<FaultType, 'type' | 'summary' | 'params'>>) {
  const kinds = [...faults.values()].map(({ type, params, summary }) =>
    z
      .strictObject({
        type: z.literal(type),
        ...faultShape,
        ...parameters(pickable(params.shape), faultShape, `fault ${type}`),
      })
      .describe(summary)
      .transform(({ type, site, disaster, ...rest }) => {
        return { type: type as string, site, disaster, params: rest as Record<string, unknown> };
      }),
  );
  return z.strictObject({
    id: z
      .string({ error: ID })
      .regex(/^(?!recover-)[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, { error: ID })
      .max(40)
      .optional()
      .describe(
        'What it is called in the plan and the report, and what its picks depend on; else its type and a number.',
      ),
    at: duration().describe('After the end of the steady state.'),
    fault: z.discriminatedUnion('type', some(kinds, 'fault')),
    for: positiveDuration().describe('At least; the disaster is held until what was acknowledged has been read back.'),
    repeat: z
      .strictObject({
        times: z.int().min(2).max(MAX_TIMES).describe('How often in all.'),
        every: positiveDuration().describe('From the beginning of one to that of the next: not less than `for`.'),
        pick: z
          .enum(['anew', 'once', 'distinct'])
          .default('anew')
          .describe(
            'What is picked at random: anew each time; once, for all of them; distinct: anew, and no site a second time.',
          ),
      })
      .optional()
      .describe('In sequence, each with clocks of its own: ID-1, ID-2, ….'),
  });
}

const ID = 'expected an id in lower case with hyphens, such as first-cut, which does not begin with recover-';

/** The words among which `component: { pick: any }` picks in a kind of fault; empty: it has no such choice. */
export function componentChoices({ shape }: { readonly shape: z.core.$ZodShape }): readonly string[] {
  const { inner } = unwrapped(shape.component);
  if (!(inner instanceof z.ZodEnum)) return [];
  return inner.options.map(String).filter((word) => word !== 'all');
}

/** The parameters of a fault, where what names a component of the site or other sites may also be picked. */
function pickable(shape: z.core.$ZodShape): z.core.$ZodShape {
  const { component, from } = shape;
  const words = componentChoices({ shape });
  const pickOf = (one: z.ZodType<string>, among: string) => z.strictObject({ pick: choice(one, among) }, { error });
  return {
    ...shape,
    ...(component && words.length > 1 && { component: orPick(component, pickOf(z.enum(words), 'the components')) }),
    ...(from && takesSites(from) && { from: orPick(from, pickOf(siteName(), 'other sites')) }),
  };
}

function takesSites(from: z.core.SomeType): boolean {
  return z.safeParse(from as z.core.$ZodType, ['x']).success;
}

/** A schema, or a pick in its place; in one union, so that a mistake is explained by the branch that was meant. */
function orPick(schema: z.core.SomeType, pick: z.ZodObject): z.ZodType {
  const { inner, preset } = unwrapped(schema);
  const options = inner instanceof z.ZodUnion ? inner.options : [inner as z.ZodType];
  const either = z.union([...options, pick]);
  const made: z.ZodType = preset === undefined ? either : either.default(preset as never);
  return made.describe((schema as z.ZodType).description ?? '');
}

function unwrapped(schema: z.core.SomeType | undefined): { inner: unknown; preset: unknown } {
  if (!(schema instanceof z.ZodDefault)) return { inner: schema, preset: undefined };
  return { inner: schema.unwrap(), preset: schema.def.defaultValue };
}
