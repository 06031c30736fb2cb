import { runReader } from '../../../src/client/reader.ts';
import { gremlinProbe } from '../../../src/probes/gremlin.ts';
import { GremlinClient } from '../../../src/probes/gremlin-client.ts';
import { strike } from '../../../src/probes/gremlin-strike.ts';
import type { ProbeContext } from '../../../src/probes/probe.ts';

/** A reader whose cleanup goes to the store at once, as it otherwise does only where JanusGraph fails. */
const striking = {
  ...gremlinProbe,
  async cleanup(
    contexts: readonly ProbeContext[],
    writes: readonly { key: string; seq: number }[],
    signal: AbortSignal,
  ) {
    await using client = await GremlinClient.connect(contexts[0] as ProbeContext, signal);
    await strike(client, 'graph', writes);
    return { left: (await client.left(writes, signal)).length };
  },
};

await runReader(new Map([['gremlin', striking]]));
process.exit(0);
