export interface HealthCheckSettings {
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Consecutive ones that raise the alarm. */
  readonly failures: number;
}

/**
 * A health check as an orchestrator does it: one at a time, a period apart, each with its deadline; so many failures in a row are an alarm, one
 * success ends it. The next one is due a period after the last began, or at once when that took longer.
 */
export async function checkHealth(
  { everyMs, timeoutMs, failures }: HealthCheckSettings,
  of: {
    /** Never rejects. */
    readonly healthy: (timeoutMs: number) => Promise<boolean>;
    /** `failingForMs`: since the first of the failures ended. */
    readonly onAlarm: (what: string, failingForMs: number) => void;
    readonly onClear: () => void;
    /** Of the first one: what the period is counted from. */
    readonly delayMs: number;
  },
  signal: AbortSignal,
): Promise<void> {
  let inARow = 0;
  let failedMs = 0;
  let dueMs = performance.now() + of.delayMs;
  while (!signal.aborted) {
    await sleep(dueMs - performance.now(), signal);
    if (signal.aborted) return;
    dueMs = Math.max(dueMs, performance.now()) + everyMs;
    const healthy = await of.healthy(timeoutMs);
    if (healthy && inARow >= failures) of.onClear();
    inARow = healthy ? 0 : inARow + 1;
    if (inARow === 1) failedMs = performance.now();
    if (inARow === failures)
      of.onAlarm(`${failures} failures in a row, ${everyMs / 1000} s apart`, performance.now() - failedMs);
  }
}

/** Resolves after so long, or at the signal. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.max(0, ms));
    signal.addEventListener('abort', end);
  });
}

/** The least and the most that such a check can take from the moment at which what it checks stops answering, in ms. */
export function detectionTime({ everyMs, timeoutMs, failures }: HealthCheckSettings): {
  leastMs: number;
  mostMs: number;
} {
  // A refusal fails at once, silence after the deadline; the first check may come at once, or a period later.
  return { leastMs: (failures - 1) * everyMs, mostMs: failures * Math.max(everyMs, timeoutMs) + timeoutMs };
}
