import { z } from 'zod';
import { count, us } from './schema-values.ts';

export const latencyQuantilesSchema = z.strictObject({
  n: count,
  p50: us.nullable(),
  p90: us.nullable(),
  p95: us.nullable(),
  p99: us.nullable(),
  p999: us.nullable(),
  max: us.nullable(),
});
export type LatencyQuantiles = z.infer<typeof latencyQuantilesSchema>;

/** The latency of a view's operations in one phase. */
export const phaseLatencySchema = z.strictObject({
  operations: count,
  ok: count,
  /** Response time (completed − intended) of the `ok` operations. */
  response: latencyQuantilesSchema,
  /** Response time of all; one that was not `ok` counts with the larger of its elapsed time and its timeout. */
  all: latencyQuantilesSchema,
  /** Service time (completed − invoked) of the `ok` operations. */
  service: latencyQuantilesSchema,
});
export type PhaseLatency = z.infer<typeof phaseLatencySchema>;
