import { z } from 'zod';
import { BACKED_UP, BACKUP_MODES } from '../history/backup.ts';
import { name, siteName } from './shapes.ts';
import { duration } from './values.ts';

/** `backups` of a scenario. */
export const backupsField = z
  .record(
    name('the name of a backup'),
    z.strictObject({
      at: duration().describe('After the end of the steady state, and before the fault that needs it.'),
      of: z
        .enum(BACKED_UP)
        .default('cassandra')
        .describe('cassandra: every node, by Medusa. opensearch: a snapshot of each site’s cluster.'),
      mode: z
        .enum(BACKUP_MODES)
        .default('full')
        .describe('full: everything anew. differential: only what an earlier one does not have.'),
      restoreTest: siteName()
        .optional()
        .describe(
          'Of this site it is restored into a system of its own as soon as it is whole, and everything that was acknowledged before it began is looked for there.',
        ),
    }),
  )
  .default({})
  .describe('Backups of every site, each read again, or restored, before it counts.');
