import { z } from 'zod';
import { BACKUP_MODES } from '../history/backup.ts';

const us = z.int();
const count = z.int().min(0);
const copied = { site: z.string(), node: count, files: count, bytes: count };

/** How each node came back: the copy, and then the start until Cassandra served. */
const restoredNodes = z.array(z.strictObject({ ...copied, copied_us: us, started_us: us }));

/** Backups that a run took, and what it restored from them. */
export const backupsSchema = z.strictObject({
  taken: z.array(
    z.strictObject({
      backup: z.string(),
      /** Absent: of Cassandra. One of OpenSearch has a row a site, whatever nodes its cluster has. */
      of: z.literal('opensearch').optional(),
      mode: z.enum(BACKUP_MODES),
      /** What took it, with its version. */
      tool: z.string(),
      from_us: us,
      /** When every file of it had been read again. */
      to_us: us,
      /** `took_us`: until the tool was done, without that reading. */
      nodes: z.array(z.strictObject({ ...copied, took_us: us })),
      /** From its begin to the latest instant at which the disaster became effective: what a restore from it loses at most; null: there was none, or it was before. */
      age_us: us.nullable(),
    }),
  ),
  /** Backups of the plan that were not taken, or not whole. */
  notTaken: z.array(z.string()),
  /** Backups that were restored beside the platform, and what was acknowledged before they began and is in them. */
  tested: z.array(
    z.strictObject({
      backup: z.string(),
      site: z.string(),
      /** From the order to restore to everything serving. */
      served_us: us,
      /** Until JanusGraph served, once Cassandra did. */
      graph_us: us,
      nodes: restoredNodes,
      ledger: count,
      /** Absent, partial, corrupt or another value; and with those that could not be read. */
      missing: z.strictObject({ lower: count, upper: count }),
      byState: z.record(z.string(), count),
      /** The first twenty, by acknowledgement. */
      missingKeys: z.array(z.strictObject({ key: z.string(), acknowledged_us: us, state: z.string() })),
    }),
  ),
  /** Restore tests of the plan that were not done. */
  notTested: z.array(z.string()),
  restored: z.array(
    z.strictObject({
      fault: z.string(),
      backup: z.string(),
      /** As of that backup; `copied_us` is then until every shard was restored, and `started_us` until every copy of it was there. */
      of: z.literal('opensearch').optional(),
      /** From the request to its being gone: everything serves again; null: not seen. */
      all_us: z.strictObject({ lower: us, upper: us }).nullable(),
      nodes: restoredNodes,
    }),
  ),
});
export type Backups = z.infer<typeof backupsSchema>;
