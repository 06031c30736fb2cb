import { lineHash, sha256Hex } from './chain.ts';

/** What happened, before it stands in a chain. `at_us` counts from the run's origin; `wall` is a label, ISO 8601. */
export interface LooseEvent {
  readonly at_us: number;
  readonly wall: string;
  readonly type: string;
  readonly data: object;
}

/** The lines of `journal.ndjson`, each with its line end, chained to the bytes of `intent.json`. In the order of `at_us`; those of one instant keep theirs. */
export function chainLines(events: readonly LooseEvent[], intentBytes: Uint8Array | string): string[] {
  let prev = sha256Hex(intentBytes);
  return [...events]
    .sort((a, b) => a.at_us - b.at_us)
    .map(({ at_us, wall, type, data }, seq) => {
      const body = { seq, at_us, wall, type, data, prev };
      prev = lineHash(body);
      return `${JSON.stringify({ ...body, hash: prev })}\n`;
    });
}
