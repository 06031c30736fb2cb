import { setTimeout as sleep } from 'node:timers/promises';
import { checksum } from '../history/checksum.ts';
import { batches } from './batches.ts';
import type { HttpAnswer, HttpDriver, HttpRequest } from './http-driver.ts';
import { classifyHttpError, classifyStatus } from './http-errors.ts';
import { isRight, paymentOf, paymentState, type Stored } from './payments.ts';
import type {
  ExpectedWrite,
  ProbeClient,
  ProbeContext,
  ProbeOperation,
  ProbeOutcome,
  ReadBackAnswer,
} from './probe.ts';

/** Keys of one request. */
export const BATCH = 200;
/** How long somebody who asked for too much is left alone, where the API does not say so. */
const PAUSE_MS = 1_000;

/** The client of one site's API, as a probe uses it. */
export class ApiClient implements ProbeClient {
  private readonly driver: HttpDriver;
  private readonly timeoutMs: number;

  constructor(driver: HttpDriver, { timeoutUs }: Pick<ProbeContext, 'timeoutUs'>) {
    this.driver = driver;
    this.timeoutMs = timeoutUs / 1000;
  }

  async invoke(operation: ProbeOperation, signal: AbortSignal): Promise<ProbeOutcome> {
    if (signal.aborted) return { outcome: 'fail', error: 'aborted', valueSha: '' };
    return operation.f === 'write' ? this.write(operation) : this.read(operation);
  }

  private async write({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    const sum = checksum(key, seq);
    const body = paymentOf(key, seq);
    try {
      const { status, body: said } = await this.driver.ask({ method: 'POST', path: '/v1/transactions', body });
      // 200: it is there already, as an attempt before that was not answered has made it.
      return (status === 201 || status === 200) && isRight((said ?? {}) as Stored, key, seq)
        ? { outcome: 'ok', error: '', valueSha: sum }
        : { ...classifyStatus(status), valueSha: sum };
    } catch (error) {
      return { ...classifyHttpError(error), valueSha: sum };
    }
  }

  private async read({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    try {
      const path = `/v1/transactions/${encodeURIComponent(key)}`;
      const { status, body } = await this.driver.ask({ method: 'GET', path });
      if (status === 404) return { outcome: 'fail', error: isAbsence(body) ? 'absent' : 'no-route', valueSha: '' };
      if (status !== 200) return { outcome: 'fail', error: classifyStatus(status).error, valueSha: '' };
      const stored = (body ?? {}) as Stored;
      const right = isRight(stored, key, seq);
      return {
        outcome: right ? 'ok' : 'fail',
        error: right ? '' : 'corrupt',
        valueSha: String(stored.reference ?? ''),
      };
    } catch (error) {
      return { outcome: 'fail', error: classifyHttpError(error).error, valueSha: '' };
    }
  }

  /** By key, many at once. It comes across nothing that it was not asked for; a payment that was made twice is a phantom. */
  async *readBack(expected: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer> {
    for (const batch of batches(expected, BATCH)) {
      const found = await this.search(batch, signal).catch(() => null);
      signal.throwIfAborted();
      for (const { key, seq } of batch)
        yield found ? paymentState(found, key, seq) : { key, state: 'unreadable', valueSha: '' };
    }
  }

  /** Every payment of these keys; null when that is not what was answered. */
  private async search(writes: readonly ExpectedWrite[], signal: AbortSignal): Promise<readonly Stored[] | null> {
    const request = { method: 'POST', path: '/v1/transactions/search', body: { ids: keysOf(writes) } } as const;
    const { status, body } = await patiently(this.driver, request, this.timeoutMs, signal);
    const { transactions } = (body ?? {}) as { transactions?: unknown };
    return status === 200 && Array.isArray(transactions) ? transactions : null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver[Symbol.asyncDispose]();
  }
}

export function keysOf(writes: readonly ExpectedWrite[]): string[] {
  return writes.map(({ key }) => key);
}

/** Asks again where it was told to ask less: for what is not measured. */
export async function patiently(
  driver: Pick<HttpDriver, 'ask'>,
  request: HttpRequest,
  withinMs: number,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  for (;;) {
    signal.throwIfAborted();
    const answer = await driver.ask(request, withinMs);
    if (answer.status !== 429) return answer;
    await sleep(Math.min(answer.retryAfterMs || PAUSE_MS, PAUSE_MS), undefined, { signal });
  }
}

/** A payment that is not there has an answer of its own; a path that the API does not know has another. */
function isAbsence(body: unknown): boolean {
  return (body as { error?: unknown } | null)?.error === 'no such transaction';
}
