import { createHash, randomInt } from 'node:crypto';

/** A choice that a scenario leaves to its seed: among all that there is, or among these. */
export interface RandomPick {
  readonly pick: 'any' | readonly string[];
  /** Faults whose sites it is not. */
  readonly not?: readonly string[] | undefined;
}

export function isPick(value: unknown): value is RandomPick {
  return typeof value === 'object' && value !== null && 'pick' in value;
}

/** Seeds are whole numbers from 0 to this. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER;
/** A seed that is drawn is short enough to be typed again. */
const DRAWN_BELOW = 2 ** 32;

/** A seed for a run that was given none. */
export function drawSeed(): number {
  return randomInt(DRAWN_BELOW);
}

/**
 * One of `candidates`, each as likely as any other: the one whose SHA-256 of `drill/pick/1`, seed, fault, field and candidate (a JSON array, UTF-8)
 * is the smallest (rendezvous hashing: Thaler and Ravishankar, 1998). So it depends on nothing else: not on other faults, not on the order of the
 * candidates, not on the version of Node; and where the one it would have been is left out, it is the next. Undefined: there is no candidate.
 */
export function pickOne(seed: number, fault: string, field: string, candidates: readonly string[]): string | undefined {
  const rank = (candidate: string): string =>
    createHash('sha256')
      .update(JSON.stringify(['drill/pick/1', seed, fault, field, candidate]))
      .digest('hex');
  const ranked = candidates.map((candidate) => ({ candidate, rank: rank(candidate) }));
  return ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1))[0]?.candidate;
}
