import type { ExpectedWrite, ProbeClient } from '../probes/probe.ts';
import type { Timetable } from '../scenario/plan.ts';

/** The number of the row that a warm-up writes, and a read asks for before its site has acknowledged anything. */
export const WARM_SEQ = 0;
const ROUNDS = 60;
const AT_ONCE = 4;

/** The key of that row: of one timetable and site, in nobody's ledger. */
export function warmKey(run: string, { probe, service, client }: Timetable, site: string): string {
  return `${run}/warm.${probe}.${service || '@'}.${client}.${site}/${WARM_SEQ}`;
}

/** Every row that warm-ups write, for the cleanup. */
export function warmWrites(run: string, timetable: Timetable, sites: readonly string[]): readonly ExpectedWrite[] {
  const used = timetable.service === '' ? [timetable.site] : sites;
  return used.map((site) => ({ key: warmKey(run, timetable, site), seq: WARM_SEQ }));
}

/**
 * Writes the row and reads it until the site's first requests, which load classes and prepare statements, are behind it. Throws what went wrong
 * when the site does not serve.
 */
export async function warmUp(client: ProbeClient, key: string, signal: AbortSignal): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const { outcome, error } = await client.invoke({ f: 'write', key, seq: WARM_SEQ }, signal);
    if (outcome === 'ok') break;
    if (tries === 5) throw new Error(`a write is not served: ${error}`);
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    signal.throwIfAborted();
    const f = round % 3 === 0 ? 'write' : 'read';
    await Promise.all(Array.from({ length: AT_ONCE }, () => client.invoke({ f, key, seq: WARM_SEQ }, signal)));
  }
}
