import { z } from 'zod';
import { SERVICE_PHASES } from '../scenario/plan.ts';
import { count } from './schema-values.ts';

/** What the processors did meanwhile: how many there are, the share that was busy, and how many each kind of process used. */
const usageSchema = z.strictObject({ cores: z.number(), busy: z.number(), by: z.record(z.string(), z.number()) });
export type LoadUsage = z.infer<typeof usageSchema>;

const loadPhaseSchema = z.strictObject({
  phase: z.enum(SERVICE_PHASES),
  operations: count,
  ok: count,
  /** Operations that the generator could not send, gaps included. */
  notSent: count,
  /** Acknowledged operations a second, of all the load together; null: a service of the load has no operation in this phase. */
  throughput: z.number().nullable(),
  /** Null: not recorded. */
  usage: usageSchema.nullable(),
});
export type LoadPhase = z.infer<typeof loadPhaseSchema>;

export const loadSchema = z.strictObject({
  generator: z.literal('k6'),
  services: z.array(z.string()),
  /** Operations a second that were scheduled. */
  offered: z.number(),
  /** Operations that the generator could not start in time, which made those after them late; null: not recorded. */
  dropped: count.nullable(),
  phases: z.array(loadPhaseSchema),
});
export type Load = z.infer<typeof loadSchema>;
