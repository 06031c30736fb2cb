import { z } from 'zod';
import { cqlParams, cqlProbe, prepareTables, withClient } from './cql.ts';
import { openKeeper } from './cql-connection.ts';
import { classifyCqlError } from './cql-errors.ts';
import type { ProbeType } from './probe.ts';
import { RegisterClient, SCRATCH } from './register-client.ts';

const params = cqlParams.extend({
  consistency: z
    .enum(['LOCAL_QUORUM', 'QUORUM', 'ALL'])
    .default('LOCAL_QUORUM')
    .describe('Of writes and reads: a read meets what was acknowledged at its site.'),
  registers: z
    .int()
    .min(1)
    .max(1_000)
    .default(16)
    .describe('How many there are; every client overwrites each in turn.'),
});

const REGISTER = {
  name: 'register',
  columns: 'run text, register int, key text, sum text, PRIMARY KEY ((run, register))',
};

/** k6 makes rows only. */
const { load: _, ...cql } = cqlProbe;

/**
 * What the probe `cql` does, and in the same batch an overwrite of one of a few registers that all clients of the run share. A read reads the
 * register that the last write of its site overwrote: what it finds tells whether an older write won.
 */
export const registerProbe: ProbeType = {
  ...cql,
  probe: 'register',
  summary:
    'overwrites registers in Cassandra that every other client overwrites too, beside a row of its own for each write',
  params,

  prepare: (contexts, signal) => prepareTables(contexts, [REGISTER], signal),

  async connect(context, signal) {
    return new RegisterClient(await openKeeper(context, signal), context, classifyCqlError);
  },

  async cleanup(contexts, writes, signal) {
    let { left } = await cqlProbe.cleanup(contexts, writes, signal);
    for (const context of contexts) {
      const registers = Number(context.params.registers);
      await withClient(context, signal, async (client) => {
        for (let register = SCRATCH; register < registers; register += 1) {
          signal.throwIfAborted();
          const place = [context.run, register];
          await client.execute('DELETE FROM register WHERE run = ? AND register = ?', place, { prepare: true });
          const rest = await client.execute('SELECT run FROM register WHERE run = ? AND register = ?', place, {
            prepare: true,
          });
          left += rest.rowLength;
        }
      });
    }
    return { left };
  },
};
