import { setTimeout as sleep } from 'node:timers/promises';

/** A signal that aborts with `signal`, or after `ms` with an error that names what was waited for. */
export function deadline(signal: AbortSignal, ms: number, what: string): AbortSignal {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`${what}: not done within ${ms} ms`)), ms);
  timer.unref();
  return AbortSignal.any([signal, late.signal]);
}

/** Sleeps, or rejects with the signal's reason at once. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}

/** Calls `look` until it gives something else than null, `everyMs` apart; rejects with the signal's reason. */
export async function until<T>(
  look: () => T | null | Promise<T | null>,
  everyMs: number,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const found = await look();
    if (found !== null) return found;
    await pause(everyMs, signal);
  }
}

/** What `work` gives, or a rejection with the signal's reason as soon as it aborts; the work goes on. */
export function orRejected<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return Promise.race([work, aborted.promise]).finally(() => signal.removeEventListener('abort', abort));
}
