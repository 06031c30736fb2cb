import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf, PlatformError } from '../errors.ts';
import { ApiClient, BATCH, keysOf, patiently } from './api-client.ts';
import { batches } from './batches.ts';
import { GremlinClient } from './gremlin-client.ts';
import { HttpDriver, type HttpRequest, httpSettings } from './http-driver.ts';
import { classifyStatus } from './http-errors.ts';
import { accountsOf, keyOfAccount, REMOVED_AT_ONCE, removePayments } from './payments.ts';
import type { ExpectedWrite, ProbeContext, ProbeType } from './probe.ts';
import { securityShape } from './security.ts';

const params = z.strictObject({
  ...securityShape,
  clients: z
    .int()
    .min(1)
    .max(500)
    .optional()
    .describe(
      'In the names of how many clients it asks, in turn: USERNAME-1, USERNAME-2 and so on, each with a quota of its own. Absent: in that of the username.',
    ),
});

/** What is done before and after a run may take longer than an operation of it. */
const WORK_MS = 30_000;
const RETRY_MS = 250;
/** What is not measured may be asked once more where the graph behind the API was late. */
const ATTEMPTS = 4;

/** Makes a payment through the REST API in front of the graph, and gets the last one acknowledged. */
export const apiProbe: ProbeType = {
  probe: 'api',
  summary:
    'makes a payment between two accounts of its own through the Analytics API, and gets the last one acknowledged',
  params,
  component: 'api',
  keyspaces: ['janusgraph'],
  settings: (context) => httpSettings('api', context),

  async prepare(contexts, signal) {
    for (const context of contexts)
      await withDriver(context, async (driver) => {
        // Each account takes its turn: one that the API does not know would fail its share of the operations.
        for (let n = 0; n < driver.accounts; n += 1) await greeted(driver, context, signal);
      });
  },

  async connect(context, signal) {
    const driver = new HttpDriver('api', context);
    try {
      await greeted(driver, context, signal);
    } catch (error) {
      await driver[Symbol.asyncDispose]();
      throw error;
    }
    return new ApiClient(driver, context);
  },

  /** In the graph itself, and not through what is to be proved. */
  async remove(context, writes, signal) {
    await using graph = await GremlinClient.connect({ ...context, params: {} }, signal);
    await removePayments(graph, 'graph', writes, signal);
  },

  async cleanup(contexts, writes, signal) {
    let left = 0;
    for (const [index, context] of contexts.entries()) {
      await withDriver(context, async (driver) => {
        // What was deleted at the first site is on its way to the others; what has not come yet is deleted there as well.
        const there = index === 0 ? writes : await leftOf(driver, writes, signal);
        // What could not be removed is there, whatever is found of it.
        const failed = await removeAll(driver, there, signal);
        left += new Set([...failed, ...(await leftOf(driver, there, signal))]).size;
      });
    }
    return { left };
  },
};

/** Resolves once it lets us in; a PlatformError when it does not until the signal aborts, or when it knows no such client. */
async function greeted(driver: HttpDriver, { site }: ProbeContext, signal: AbortSignal): Promise<void> {
  for (;;) {
    const said = await driver.ask({ method: 'GET', path: '/v1/quota' }).then(
      // To be told to ask less is an answer, too.
      ({ status }) => (status === 200 || status === 429 ? '' : classifyStatus(status).error),
      (error: unknown) => messageOf(error),
    );
    if (said === '') return;
    if (signal.aborted || said === 'auth')
      throw new PlatformError(`the API of ${site.name} cannot be used: ${said}`, {
        ...(said === 'auth' && { hint: 'see the username of the service, and the password that it names' }),
      });
    await sleep(RETRY_MS);
  }
}

/** The accounts of these payments, and with them the payments; returns what could not be removed. */
async function removeAll(
  driver: HttpDriver,
  writes: readonly ExpectedWrite[],
  signal: AbortSignal,
): Promise<readonly ExpectedWrite[]> {
  const failed: ExpectedWrite[] = [];
  for (const batch of batches(writes, REMOVED_AT_ONCE)) {
    const request = { method: 'POST', path: '/v1/accounts/delete', body: { ids: accountsOf(batch) } } as const;
    await asked(driver, request, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      if (!(error instanceof PlatformError)) throw error;
      failed.push(...batch);
    });
  }
  return failed;
}

/** Of these writes those of which anything is there: the payment, or one of its accounts. */
async function leftOf(
  driver: HttpDriver,
  writes: readonly ExpectedWrite[],
  signal: AbortSignal,
): Promise<readonly ExpectedWrite[]> {
  const left: ExpectedWrite[] = [];
  for (const batch of batches(writes, BATCH)) {
    const ids = accountsOf(batch);
    const payments = await asked(
      driver,
      { method: 'POST', path: '/v1/transactions/search', body: { ids: keysOf(batch) } },
      signal,
    );
    const accounts = await asked(driver, { method: 'POST', path: '/v1/accounts/search', body: { ids } }, signal);
    const there = new Set([
      ...listIn(payments, 'transactions').map((one) => String((one as { id?: unknown }).id)),
      ...listIn(accounts, 'ids').map((id) => keyOfAccount(String(id))),
    ]);
    left.push(...batch.filter(({ key }) => there.has(key)));
  }
  return left;
}

/** What was answered; a PlatformError for any answer but a good one, and for none. Everything that is asked so may be asked again, and is, a few times. */
async function asked(driver: HttpDriver, request: HttpRequest, signal: AbortSignal): Promise<unknown> {
  let said = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (attempt > 1) await sleep(RETRY_MS * attempt, undefined, { signal });
    const answer = await patiently(driver, request, WORK_MS, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      said = messageOf(error);
      return null;
    });
    if (answer === null) continue;
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    said = `HTTP ${answer.status}`;
    if (answer.status < 500) break;
  }
  throw new PlatformError(`${request.path} of the API: expected to be served, got ${said}`);
}

function listIn(body: unknown, name: string): readonly unknown[] {
  const list = (body as Readonly<Record<string, unknown>> | null)?.[name];
  if (Array.isArray(list)) return list;
  throw new PlatformError(`the API: expected a list of ${name}, got something else`);
}

/** A client of its own at one site, for this work. */
async function withDriver(context: ProbeContext, work: (driver: HttpDriver) => Promise<void>): Promise<void> {
  await using driver = new HttpDriver('api', context);
  try {
    await work(driver);
  } catch (error) {
    throw error instanceof PlatformError
      ? error
      : new PlatformError(`the API of ${context.site.name}: ${messageOf(error)}`, { cause: error });
  }
}
