import { z } from 'zod';
import { SERVICE_PHASES } from '../scenario/plan.ts';
import { latencyQuantilesSchema } from './latency-schema.ts';
import { count, us } from './schema-values.ts';

/** Events of one phase, by when they were to be sent. */
const phaseArrivalsSchema = z.strictObject({
  /** That a read awaited. */
  awaited: count,
  /** Of these, not seen by any read in its time. */
  notSeen: count,
  /** From when it was to be sent until it was seen at the other end, of those that were: it arrived no later. */
  elapsed: latencyQuantilesSchema,
  /** How long the one was awaited that was not seen longest; null: all were seen. */
  longestAwaited_us: us.nullable(),
});

/** How long events of a service were on their way from where they are sent to where they are read. */
export const arrivalsSchema = z.strictObject({
  service: z.string(),
  /** From when an event is to be sent until a read may look for it first: what arrived sooner is not told apart from that. */
  firstLook_us: us,
  phases: z.record(z.enum(SERVICE_PHASES), phaseArrivalsSchema),
});
export type ArrivalsReport = z.infer<typeof arrivalsSchema>;
