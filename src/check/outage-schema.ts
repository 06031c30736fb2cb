import { z } from 'zod';
import { count, us } from './schema-values.ts';

/** One outage of a view. */
export const outageSchema = z.strictObject({
  /** `runs`: consecutive failures; `window`: scattered errors. */
  seenBy: z.enum(['runs', 'window']),
  /** Intended time of the down operation. */
  down_us: us,
  /** Completion of the up operation; null: open at the end of the record. */
  up_us: us.nullable(),
  /** Client-visible length; null while open. */
  length_us: us.nullable(),
  /** Bounds of the true start: latest `invoked` of an `ok` before it, earliest `completed` of its failures. */
  start: z.strictObject({ notBefore_us: us.nullable(), notAfter_us: us.nullable() }),
  /** Bounds of the true end; null while open. */
  end: z.strictObject({ notBefore_us: us.nullable(), notAfter_us: us.nullable() }).nullable(),
  operations: count,
  notOk: count,
  errors: z.record(z.string(), count),
});
export type Outage = z.infer<typeof outageSchema>;
