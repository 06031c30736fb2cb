import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@opensearch-project/opensearch';
import { z } from 'zod';
import { messageOf, PlatformError } from '../errors.ts';
import { batches } from './batches.ts';
import { BATCH, OpensearchClient } from './opensearch-client.ts';
import { layoutOf, openClient, opensearchSettings } from './opensearch-driver.ts';
import { classifyOpensearchError } from './opensearch-errors.ts';
import type { ExpectedWrite, ProbeContext, ProbeType } from './probe.ts';
import { securityShape } from './security.ts';
import { LEDGER_INDEX } from './tables.ts';

const params = z.strictObject({
  ...securityShape,
  reads: z
    .enum(['id', 'search'])
    .optional()
    .describe(
      'How a read finds its document: by its id, as it is now; or by a search, which awaits it until the index was refreshed. Absent: by its id.',
    ),
});

/** What is done before and after a run may take longer than an operation of it. */
const WORK_US = 30_000_000;
/** What one node may take for its first answer, and how long until they are asked again. */
const GREET_MS = 2_000;
const RETRY_MS = 100;
/** A copy of every shard is to be there before a node may fail. */
const GREEN = '30s';

/** Indexes a document under its key, and gets it by that, or searches for it. */
export const opensearchProbe: ProbeType = {
  probe: 'opensearch',
  summary:
    'indexes a document of its own in OpenSearch, and gets the last one acknowledged by its id, or awaits it by a search',
  params,
  component: 'opensearch',
  keyspaces: [],
  apart: true,
  settings: (context) => opensearchSettings(context),

  async prepare(contexts, signal) {
    for (const context of contexts) await withClient(context, (client) => makeIndex(client, context, signal));
  },

  async connect(context, signal) {
    const opened = await openClient(context);
    const client = new OpensearchClient(opened, context);
    try {
      await greeted(opened.client, context, signal);
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
    return client;
  },

  async remove(context, writes, signal) {
    await withClient(context, (client) => deleteAll(client, writes, signal));
  },

  async cleanup(contexts, writes, signal) {
    let left = 0;
    for (const context of contexts) {
      await withClient(context, async (client) => {
        await deleteAll(client, writes, signal);
        left += await countLeft(client, writes, signal);
      });
    }
    return { left };
  },
};

async function makeIndex(client: Client, { site }: ProbeContext, signal: AbortSignal): Promise<void> {
  const { shards, replicas } = layoutOf(site);
  const keyword = { type: 'keyword' } as const;
  const there = await client.indices.exists({ index: LEDGER_INDEX });
  if (!there.body)
    await client.indices.create({
      index: LEDGER_INDEX,
      body: {
        settings: { number_of_shards: shards, number_of_replicas: replicas },
        mappings: { dynamic: 'strict', properties: { key: keyword, seq: { type: 'long' }, sum: keyword } },
      },
    });
  signal.throwIfAborted();
  const { body } = await client.cluster.health(
    { index: LEDGER_INDEX, wait_for_status: 'green', timeout: GREEN },
    { ignore: [408] },
  );
  if (body.timed_out)
    throw new PlatformError(
      `the index ${LEDGER_INDEX} of ${site.name} is ${body.status} and not green after ${GREEN}`,
      {
        hint: 'a node of its cluster is missing, or copies are still made: npm run drill -- platform status',
      },
    );
}

/** Resolves once any node has answered; a PlatformError when none does until the signal aborts, or when somebody does and does not let us in. */
async function greeted(client: Client, { site }: ProbeContext, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await client.info({}, { requestTimeout: GREET_MS, maxRetries: othersOf(site) });
      return;
    } catch (error) {
      const { error: code } = classifyOpensearchError(error);
      if (signal.aborted || code === 'auth')
        throw new PlatformError(`OpenSearch of ${site.name} cannot be reached: ${code}`, { cause: error });
      await sleep(RETRY_MS);
    }
  }
}

/** One of several nodes may be gone, and what is asked here is asked of the others then: none of it is measured. */
function othersOf({ endpoints }: ProbeContext['site']): number {
  return Math.max(0, (endpoints.opensearch?.length ?? 0) - 1);
}

/** Deletes by key; one that is not there is no error, and any other is. */
async function deleteAll(client: Client, writes: readonly ExpectedWrite[], signal: AbortSignal): Promise<void> {
  for (const batch of batches(writes, BATCH)) {
    signal.throwIfAborted();
    const { body } = await client.bulk({
      index: LEDGER_INDEX,
      body: batch.map(({ key }) => ({ delete: { _id: key } })),
    });
    const failed = body.items.find(
      ({ delete: one }) => one === undefined || (one.status !== 200 && one.status !== 404),
    );
    if (failed)
      throw new PlatformError(`a document could not be deleted from ${LEDGER_INDEX}: ${JSON.stringify(failed)}`);
  }
}

/** How many of these keys are still there; what could not be asked for is. */
async function countLeft(client: Client, writes: readonly ExpectedWrite[], signal: AbortSignal): Promise<number> {
  let left = 0;
  for (const batch of batches(writes, BATCH)) {
    signal.throwIfAborted();
    const { body } = await client.mget({
      index: LEDGER_INDEX,
      _source: false,
      body: { ids: batch.map(({ key }) => key) },
    });
    const docs = body.docs as readonly { found?: boolean }[];
    left += batch.length - docs.filter(({ found }) => found === false).length;
  }
  return left;
}

/** A client of its own at one site, for this work. */
async function withClient(context: ProbeContext, work: (client: Client) => Promise<void>): Promise<void> {
  using opened = await openClient({ ...context, timeoutUs: WORK_US }, othersOf(context.site));
  try {
    await work(opened.client);
  } catch (error) {
    throw error instanceof PlatformError
      ? error
      : new PlatformError(`OpenSearch of ${context.site.name}: ${messageOf(error)}`, { cause: error });
  }
}
