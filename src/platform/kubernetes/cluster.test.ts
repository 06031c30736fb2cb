import { expect, test } from 'vitest';
import { type ApiError, isStatus } from './api-error.ts';
import { FakeApiServer } from './testing-api-server.ts';

const within = (): AbortSignal => AbortSignal.timeout(20_000);
const PODS = '/api/v1/namespaces/bank/pods';

async function askedFor(
  answer: FakeApiServer['answer'],
  signal = within(),
): Promise<{ requests: number; result: unknown }> {
  await using server = await FakeApiServer.start();
  server.answer = answer;
  const cluster = server.cluster();
  const result = await cluster
    .ask('pods', (options) => cluster.core.listNamespacedPod({ namespace: 'bank' }, options), signal)
    .then(({ items }) => items.length)
    .catch((error: unknown) => error);
  return { requests: server.requests.filter((one) => one === `GET ${PODS}`).length, result };
}

/** The first answers of a server, and then its own. */
function first(...answers: readonly Exclude<ReturnType<FakeApiServer['answer']>, null>[]): FakeApiServer['answer'] {
  let n = 0;
  return () => answers[n++] ?? null;
}

test('an API server that is busy, fails, or cuts the connection is asked again', async () => {
  const answers = [{ status: 429, headers: { 'retry-after': '1' } }, { status: 503 }, 'cut', { status: 500 }] as const;
  expect(await askedFor(first(...answers))).toEqual({ requests: 5, result: 0 });
});

test('an expired token is said to be one, once, and stands in no message', async () => {
  const { requests, result } = await askedFor(() => ({ status: 401, message: 'Unauthorized' }));
  expect(requests).toBe(1);
  expect(result).toMatchObject({ status: 401, exitCode: 5, hint: expect.stringContaining('expired') });
  expect(String(result)).toBe('ApiError: pods (context paris): the API server answers 401: Unauthorized');
  expect(JSON.stringify(result)).not.toContain('secret-token');
});

test('what is not allowed and what somebody else changed is not asked again', async () => {
  for (const status of [403, 404, 409, 422]) {
    const { requests, result } = await askedFor(() => ({ status, message: 'no' }));
    expect([requests, isStatus(result, status)]).toEqual([1, true]);
  }
});

test('a page of a proxy is no reason', async () => {
  const { result } = await askedFor(() => ({ status: 404, message: '' }));
  expect((result as ApiError).message).toBe('pods (context paris): the API server answers 404: no reason is given');
});

test('a server that is gone is named with the context, at the latest at the signal', async () => {
  const server = await FakeApiServer.start();
  const cluster = server.cluster('london', 'bank', 1_000);
  await server[Symbol.asyncDispose]();
  const asked = (signal: AbortSignal) =>
    cluster.ask('pods', (options) => cluster.core.listNamespacedPod({ namespace: 'bank' }, options), signal);
  await expect(asked(AbortSignal.timeout(300))).rejects.toThrow('timeout');
  const error = await asked(within()).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ status: null, message: expect.stringContaining('context london') });
  expect(String(error)).toContain('ECONNREFUSED');
});
