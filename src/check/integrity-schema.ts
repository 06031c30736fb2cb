import { z } from 'zod';
import { CENSUS_STAGES } from '../history/census.ts';
import { ANOMALIES } from './integrity.ts';
import { count } from './schema-values.ts';

const stage = z.enum(CENSUS_STAGES);

/** The graph as each site's store has it, before the run wrote anything and after the last read-back. No part of the verdict. */
export const integritySchema = z.strictObject({
  /** `damaged`: something is wrong after the run that was not before it. `unknown`: not looked over everywhere, or not to the end. */
  state: z.enum(['whole', 'damaged', 'unknown']),
  note: z.string(),
  places: z.array(
    z.strictObject({
      stage,
      site: z.string(),
      complete: z.boolean(),
      note: z.string(),
      vertices: count,
      edges: count,
      transactions: count,
      whole: count,
      purses: count,
      /** Customers that enrolments share; absent: none. */
      customers: count.optional(),
      anomalies: z.partialRecord(z.enum(ANOMALIES), count),
    }),
  ),
  /** What is wrong after the run and was not before it: the first 1000, those of acknowledged transactions first. */
  found: z.array(
    z.strictObject({
      kind: z.enum(ANOMALIES),
      /** Empty: of all sites together. */
      site: z.string(),
      elements: z.array(z.string()),
      key: z.string(),
      /** Whether the write of this key was acknowledged in the run. */
      acknowledged: z.boolean(),
      note: z.string(),
    }),
  ),
  /** Transactions that were acknowledged since a backup, and are nowhere since it was restored: lost, and no damage. Absent: none. */
  restoredOver: count.optional(),
  omitted: count,
  /** Acknowledged transactions with anything wrong at any site. */
  acknowledgedDamaged: count,
  /** Anomalies that were there before the run, and still are. */
  old: count,
});
export type IntegrityReport = z.infer<typeof integritySchema>;
