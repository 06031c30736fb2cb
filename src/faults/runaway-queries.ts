import { z } from 'zod';
import { QUERY_WORKS } from '../platform/lasting.ts';
import type { FaultType } from './fault.ts';
import { stateOf } from './processes.ts';
import { ability, describeProcesses, processesOf, targetSite } from './target.ts';

const params = z.strictObject({
  parallel: z
    .int()
    .min(1)
    .max(64)
    .default(8)
    .describe('How many at once; a server that has fewer workers lets the rest wait.'),
  work: z
    .enum(QUERY_WORKS)
    .default('computes')
    .describe(
      'computes: each keeps a core of the machine busy; waits: each takes a worker of the server, as a query does whose store is slow.',
    ),
});

/**
 * Queries at a site's JanusGraph that never end by themselves: the server gives each up at its own time-out, and finds the next one there. Once they
 * are ended the server evaluates none, and says so.
 */
export const runawayQueries: FaultType = {
  type: 'runaway-queries',
  summary:
    "queries that never end by themselves, at a site's JanusGraph: each runs into the server's time-out, and is sent again",
  params,
  on: 'cassandra',
  needs: ['queries', 'processes'],
  restarts: false,
  only: () => 'janusgraph',
  notMeasured: [
    {
      what: 'a query that loads the store',
      why: 'these compute or wait inside JanusGraph, and read nothing from Cassandra',
    },
  ],
  bind(fault, platform) {
    const { parallel, work } = params.parse(fault.params);
    const { name: site } = targetSite(fault, platform);
    const queries = ability(fault, platform, 'queries');
    const processes = ability(fault, platform, 'processes');
    return {
      undo: [{ kind: 'queries', params: { id: fault.id } }],
      inject: (signal) => queries.begin(fault.id, { site, parallel, work }, signal),
      async observe(signal) {
        const mine = (await queries.observe(signal)).find(({ id }) => id === fault.id);
        const states = processesOf(await processes.observe(signal), site, ['janusgraph']);
        if (!mine)
          return {
            state: stateOf(states, 'stopped') === 'none' ? 'none' : 'partial',
            observed: describeProcesses(states),
          };
        const { evaluating, workers, timedOut, failed, lastFailure, ending } = mine;
        const said = [
          `${evaluating} of ${parallel} in evaluation`,
          `${timedOut} ran into the server's time-out`,
          ...(failed > 0 ? [`${failed} ended otherwise, the last: ${lastFailure}`] : []),
          ...(ending ? ['ending'] : []),
          describeProcesses(states),
        ];
        // Requests of others take workers as well, and all of these end at once, at their time-out.
        const most = evaluating >= Math.min(parallel, workers) / 2;
        return { state: most && !ending ? 'full' : 'partial', observed: said.join('; ') };
      },
    };
  },
};
