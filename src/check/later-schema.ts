import { z } from 'zod';
import { count, us } from './schema-values.ts';

/** Absent, partial, corrupt or another value at any site; and with those that could not be read at one. */
const missingSchema = z.strictObject({ lower: count, upper: count });

const countedSchema = z.strictObject({ acknowledged: count, missing: missingSchema });

/** Of one service, or of everything together. */
const laterWritesSchema = z.strictObject({
  /** Null: all of them, with those of the sites' own probes. */
  service: z.string().nullable(),
  /** Acknowledged while the disaster was in force: from `notAfter` of effective to `notAfter` of gone. */
  during: countedSchema,
  /** From then on. */
  after: countedSchema,
  /** There, and more than once at a site: no loss. */
  repeated: count,
  /**
   * From the acknowledgement of the earliest missing to that of the latest; 0 where none is. Where earlier writes are missing in the last stage of RPO, from the
   * earliest of those: what is lost before and after the disaster is lost over all of that time.
   */
  missing_us: z.strictObject({ lower: us, upper: us }),
  /** The worst that was found of each at any site. */
  byState: z.record(z.string(), count),
  /** The first twenty, by acknowledgement. */
  missingKeys: z.array(
    z.strictObject({
      key: z.string(),
      probe: z.string(),
      service: z.string(),
      site: z.string(),
      acknowledged_us: us,
      state: z.string(),
    }),
  ),
});
export type LaterWrites = z.infer<typeof laterWritesSchema>;

/**
 * What was acknowledged since the disaster was in force, by sites that no failover left: in no ledger, and not stranded. Looked for at every site at the end of the
 * run; what was missing was read once more when hints had had their time.
 */
export const laterSchema = z.strictObject({
  writes: z.array(laterWritesSchema),
  /** `again`: read twice, because it was missing at first. */
  places: z.array(
    z.strictObject({
      site: z.string(),
      probe: z.string(),
      asked: count,
      again: count,
      /** Before they were read again: hints were seen to be delivered. Absent: nothing was read again. */
      settled: z.boolean().optional(),
      complete: z.boolean(),
      counts: z.record(z.string(), count),
    }),
  ),
});
export type Later = z.infer<typeof laterSchema>;
