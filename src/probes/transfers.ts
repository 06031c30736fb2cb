import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PlatformError } from '../errors.ts';
import type { CensusEntry } from '../history/census.ts';
import { CANARY_SERVICE } from '../history/operation.ts';
import { turnOf, writerOf } from '../history/timetable.ts';
import { batches } from './batches.ts';
import { gremlinProbe } from './gremlin.ts';
import { GremlinClient } from './gremlin-client.ts';
import { type GraphLedger, GremlinLedgerClient, stateOfOne } from './gremlin-ledger.ts';
import { graphOf, gremlinParams, sourceOf } from './gremlin-params.ts';
import { awaitSchema, makeSchema } from './gremlin-schema.ts';
import { parseCount, parseEdges, parseRows, type SeenEdge } from './gremlin-traversals.ts';
import type { ExpectedWrite, ProbeContext, ProbeType } from './probe.ts';
import {
  EMPTY,
  FILL,
  parsePurse,
  TRANSFER_NAMES,
  TRANSFER_SCHEMA,
  type Transfer,
  TransferTraversals,
} from './transfer-traversals.ts';

/** In each purse at first, in pennies. */
const BALANCE = 1_000;
/** How many there are where nobody says. */
const PURSES = 40;
const BATCH = 25;
const DROP_BATCH = 100;
const SCRIPT_MS = 60_000;
const POLL_MS = 200;

const params = gremlinParams.extend({
  purses: z
    .int()
    .min(2)
    .max(1_000)
    .multipleOf(2)
    .default(PURSES)
    .describe('Between pairs of which money moves, in turn: an even number.'),
  first: z
    .int()
    .min(0)
    .max(499)
    .default(0)
    .describe('The pair with which it begins: another for each service, so that they do not meet.'),
});

/**
 * Moves money between purses that all services share: takes it out of one, puts it into another, and says so with an edge, in one transaction. The
 * ledger is of the edges; the census finds purses that do not hold what their transfers say, and a total that was not conserved.
 */
export const transfersProbe: ProbeType = {
  probe: 'transfers',
  summary: 'moves money between pairs of shared purses through JanusGraph, and reads the last transfer acknowledged',
  params,
  component: 'janusgraph',
  keyspaces: gremlinProbe.keyspaces,

  settings: (context) => ({ ...gremlinProbe.settings(context), purses: numberOf(context.params.purses, PURSES) }),

  async prepare(contexts, signal) {
    for (const [index, context] of contexts.entries()) {
      await using client = await GremlinClient.connect(context, signal);
      const graph = graphOf(context);
      const keys = allPurses(context);
      if (index === 0) {
        await makeSchema(client, graph, TRANSFER_SCHEMA);
        await awaitSchema(client, context.site.name, graph, TRANSFER_SCHEMA, signal);
        const bindings = { ...TRANSFER_NAMES, purseKeys: keys, balance: BALANCE };
        await client.script(FILL.replace('GRAPH', graph), bindings, 'the purses could not be filled', SCRIPT_MS);
      } else await awaitSchema(client, context.site.name, graph, TRANSFER_SCHEMA, signal);
      const traversals = new TransferTraversals(sourceOf(context));
      while (parseCount(await client.must(traversals.count(keys), 'the purses could not be counted')) !== keys.length) {
        if (signal.aborted) throw new PlatformError(`the purses are not known in ${context.site.name}`);
        await sleep(POLL_MS);
      }
    }
  },

  async connect(context, signal) {
    const client = await GremlinClient.connect(context, signal);
    const traversals = new TransferTraversals(sourceOf(context));
    const ledger: GraphLedger<SeenEdge> = {
      // A purse that is not there ends the traversal before its first mutation.
      write: (key, seq) => traversals.write(transferOf(context, key, seq)),
      read: (keys) => traversals.transfers(keys),
      parse: parseEdges,
      stateOf: stateOfOne,
    };
    return new GremlinLedgerClient(client, ledger, context.timeoutUs);
  },

  async remove(context, writes, signal) {
    await using client = await GremlinClient.connect(context, signal);
    await empty(client, context, [], writes, signal);
  },

  async cleanup(contexts, writes, signal) {
    let left = 0;
    for (const context of contexts) {
      await using client = await GremlinClient.connect(context, signal);
      const keys = allPurses(context);
      await empty(client, context, keys, writes, signal);
      const traversals = new TransferTraversals(sourceOf(context));
      left += parseCount(await client.must(traversals.count(keys), 'what is left could not be counted'));
      for (const batch of batches(writes, DROP_BATCH)) {
        const frame = traversals.countTransfers(batch.map(({ key }) => key));
        left += parseCount(await client.must(frame, 'what is left could not be counted'));
      }
    }
    return { left };
  },

  async census(context, signal) {
    await using client = await GremlinClient.connect(context, signal);
    const traversals = new TransferTraversals(sourceOf(context));
    const found: CensusEntry[] = [];
    for (const keys of batches(pursesOf(context, CLIENTS), BATCH)) {
      signal.throwIfAborted();
      const rows = parseRows(await client.must(traversals.purses(keys), 'the purses could not be looked over'));
      for (const row of rows.map(parsePurse)) {
        const value = `${row.balance} ${BALANCE} ${row.paid} ${row.got}`;
        found.push({ kind: 'purse', element: row.id, vertex: '', other: '', key: row.key, value });
      }
    }
    return found;
  },
};

/** Purses that the services' clients share, and those of warm-ups, canaries, proofs and sites' own probes: nobody counts what is in these. */
const CLIENTS = 'clients';
const OTHERS = 'others';

/** The transfer of a key: between the two purses of a pair, the pairs in turn, 1 to 9 pennies. */
export function transferOf(context: Pick<ProbeContext, 'run' | 'params'>, key: string, seq: number): Transfer {
  const { probe, service = '' } = writerOf(context.run, key) ?? {};
  const counted = probe === transfersProbe.probe && service !== '' && service !== CANARY_SERVICE;
  const keys = pursesOf(context, counted ? CLIENTS : OTHERS);
  const turn = turnOf(seq);
  const pair = (turn + numberOf(context.params.first, 0)) % (keys.length / 2);
  const [from = '', to = ''] = [keys[2 * pair], keys[2 * pair + 1]];
  return { key, seq, from, to, amount: 1 + (turn % 9) };
}

function pursesOf({ run, params }: Pick<ProbeContext, 'run' | 'params'>, whose: string): readonly string[] {
  return Array.from({ length: numberOf(params.purses, PURSES) }, (_, n) => `${run}/purse.${whose}/${n}`);
}

function allPurses(context: ProbeContext): readonly string[] {
  return [...pursesOf(context, CLIENTS), ...pursesOf(context, OTHERS)];
}

async function empty(
  client: GremlinClient,
  context: ProbeContext,
  keys: readonly string[],
  writes: readonly ExpectedWrite[],
  signal: AbortSignal,
): Promise<void> {
  const script = EMPTY.replace('GRAPH', graphOf(context));
  const send = (names: { purseKeys: readonly string[]; transferKeys: readonly string[] }): Promise<unknown> =>
    client.script(script, { ...TRANSFER_NAMES, ...names }, 'the transfers could not be deleted', SCRIPT_MS);
  // The edges first: a purse with all of its transfers would be one long transaction.
  for (const batch of batches(writes, DROP_BATCH)) {
    signal.throwIfAborted();
    await send({ purseKeys: [], transferKeys: batch.map(({ key }) => key) });
  }
  if (keys.length > 0) await send({ purseKeys: keys, transferKeys: [] });
}

function numberOf(value: unknown, otherwise: number): number {
  return value === undefined ? otherwise : Number(value);
}
