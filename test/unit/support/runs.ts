/** How many runs a property is given: `DRILL_PROPERTY_RUNS=20000` for longer ones. */
const RUNS = Number(process.env.DRILL_PROPERTY_RUNS ?? 200);
const SEED = process.env.DRILL_PROPERTY_SEED;

export const TIMEOUT_MS = Math.max(60_000, RUNS * 500);

/** Parameters of fast-check for a share of the runs. It prints the seed of a failure; `DRILL_PROPERTY_SEED` repeats it. */
export function parametersFor(share: number): { numRuns: number; seed?: number } {
  return { numRuns: Math.ceil(RUNS * share), ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
}
