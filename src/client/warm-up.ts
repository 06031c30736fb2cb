import { setTimeout as sleep } from 'node:timers/promises';
import type { ExpectedWrite, ProbeClient } from '../probes/probe.ts';
import type { Timetable } from '../scenario/plan.ts';

/** The number of the row that a warm-up writes, and a read asks for before its site has acknowledged anything. */
export const WARM_SEQ = 0;
const ROUNDS = 60;
const AT_ONCE = 4;
const TRIES = 6;
const PAUSE_MS = 500;

const WRITE_EVERY = 3;
/** Every row that a warm-up writes is one of its own: a second one with the same key would be more than once there. */
const ROWS = 1 + Math.ceil(ROUNDS / WRITE_EVERY) * AT_ONCE;

/** The key of that row, or of another one of the same warm-up: of one timetable and site, in nobody's ledger. */
export function warmKey(
  run: string,
  { probe, service, client }: Timetable,
  site: string,
  seq: number = WARM_SEQ,
): string {
  return `${run}/warm.${probe}.${service || '@'}.${client}.${site}/${seq}`;
}

/** Every row that warm-ups write, for the cleanup. */
export function warmWrites(run: string, timetable: Timetable, sites: readonly string[]): readonly ExpectedWrite[] {
  const used = timetable.service === '' ? [timetable.site] : sites;
  return used.flatMap((site) =>
    Array.from({ length: ROWS }, (_, seq) => ({ key: warmKey(run, timetable, site, seq), seq })),
  );
}

/**
 * Writes the row, then others, and reads it, until the site's first requests, which load classes and prepare statements, are behind it. Throws
 * what went wrong when the site does not serve.
 */
export async function warmUp(client: ProbeClient, key: (seq: number) => string, signal: AbortSignal): Promise<void> {
  const first = { key: key(WARM_SEQ), seq: WARM_SEQ };
  for (let tries = 1; ; tries += 1) {
    const { outcome, error } = await client.invoke({ f: 'write', ...first }, signal);
    if (outcome === 'ok') break;
    // It may have been applied all the same.
    if (outcome === 'info' && (await client.invoke({ f: 'read', ...first }, signal)).outcome === 'ok') break;
    if (tries === TRIES) throw new Error(`a write is not served: ${error}`);
    await sleep(PAUSE_MS, undefined, { signal });
  }
  let seq = WARM_SEQ;
  for (let round = 0; round < ROUNDS; round += 1) {
    signal.throwIfAborted();
    const writes = round % WRITE_EVERY === 0;
    const work = Array.from({ length: AT_ONCE }, () => {
      if (!writes) return client.invoke({ f: 'read', ...first }, signal);
      seq += 1;
      return client.invoke({ f: 'write', key: key(seq), seq }, signal);
    });
    await Promise.all(work);
  }
}
