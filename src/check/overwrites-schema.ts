import { z } from 'zod';
import { count, us } from './schema-values.ts';

const overwriteSchema = z.strictObject({ key: z.string(), site: z.string(), acknowledged_us: us });

/** What last-write-wins did to the acknowledged overwrites of one probe's registers. */
export const lastWriteWinsSchema = z.strictObject({
  probe: z.string(),
  registers: count,
  /** Overwrites that were acknowledged. */
  acknowledged: count,
  /** Of these: found where they were acknowledged, and never seen to be undone. */
  kept: count,
  /** Of these: an older one, over before it began, was found in its place afterwards, where it had been acknowledged. At least so many. */
  undone: count,
  /** The others: no read came before a newer one was there. */
  unproven: count,
  /** By the site that acknowledged them. */
  sites: z.array(z.strictObject({ site: z.string(), acknowledged: count, undone: count })),
  /** Acknowledgement of the first and of the last that was undone; null: none was. */
  undoneFrom_us: us.nullable(),
  undoneTo_us: us.nullable(),
  /** Registers, at each site, whose last read still shows an older value than was acknowledged there. */
  wrongInTheEnd: count,
  /** The first of them. */
  list: z.array(z.strictObject({ ...overwriteSchema.shape, register: count, read_us: us, winner: overwriteSchema })),
  omitted: count,
});
export type LastWriteWinsReport = z.infer<typeof lastWriteWinsSchema>;
