import { shownPath } from './bundle-files.ts';
import type { Verified } from './verify.ts';
import type { BegunRun } from './verify-all.ts';

/** A run that is here, with its place in its series. */
export interface Placed {
  readonly path: string;
  readonly intentSha256: string;
  readonly manifestSha256: string | null;
  readonly sequence: {
    readonly counter: number;
    readonly series: string;
    readonly previous: { readonly intentSha256: string; readonly manifestSha256: string | null } | null;
  };
  /** It says that it was pushed to a Git remote before its first fault. */
  readonly anchored: boolean;
}

/** A run that another place knows was begun. */
export interface Known extends Omit<BegunRun, 'series'> {
  /** Who knows it, and what is known. */
  readonly from: string;
  readonly where: string;
}

/** A hole is named run by run up to so many. */
const MAX_NAMED = 20;

/** What is wrong between the runs of a series: a counter that is missing or there twice, one that another place has for another run, a run that another one does not follow. */
export function gapsOf(series: string, placed: readonly Placed[], elsewhere: readonly Known[]): readonly string[] {
  const gaps: string[] = [];
  const byCounter = new Map<number, Placed>();
  for (const one of [...placed].sort((a, b) => a.sequence.counter - b.sequence.counter)) {
    const { counter } = one.sequence;
    const twin = byCounter.get(counter);
    // A copy is the same run; one that was sealed again, in whatever directory, is not.
    if (twin !== undefined && (twin.intentSha256 !== one.intentSha256 || twin.manifestSha256 !== one.manifestSha256))
      gaps.push(`${one.path}: has counter ${counter} of series ${series}, and so has ${twin.path}`);
    byCounter.set(counter, one);
  }
  const known = Map.groupBy(elsewhere, ({ counter }) => counter);
  for (const [counter, { path, intentSha256 }] of byCounter) {
    for (const { from, run, intentSha256: begun } of known.get(counter) ?? [])
      if (begun !== intentSha256)
        gaps.push(`${path}: is not the run that ${from} has under counter ${counter}, which is ${shownPath(run)}`);
  }
  const last = Math.max(...byCounter.keys(), ...known.keys());
  let named = 0;
  let missing = 0;
  // Counters of a forged intent may lie far apart: holes are stepped over, not counted through.
  let expected = placed.length > 0 ? 1 : Math.min(...known.keys());
  for (const counter of [...new Set([...byCounter.keys(), ...known.keys(), last + 1])].sort((a, b) => a - b)) {
    if (counter > expected) {
      missing += counter - expected;
      gaps.push(
        `series ${series}: ${counter - expected === 1 ? `run ${expected} is` : `runs ${expected} to ${counter - 1} are`} missing: deleted, hidden, or kept elsewhere`,
      );
    }
    const entries = byCounter.has(counter) ? [] : distinct(known.get(counter) ?? []);
    for (const { run, where } of entries) {
      missing += 1;
      named += 1;
      if (named <= MAX_NAMED) gaps.push(`series ${series}: run ${counter} is missing: ${shownPath(run)}, ${where}`);
    }
    expected = counter + 1;
  }
  if (named > MAX_NAMED) gaps.push(`series ${series}: ${missing} are missing in all`);
  for (const one of byCounter.values()) gaps.push(...followed(one, byCounter.get(one.sequence.counter - 1)));
  return gaps;
}

/** What is wrong between a run and the one before it. */
function followed({ path, sequence: { counter, previous } }: Placed, before: Placed | undefined): string[] {
  if (counter === 1 || previous === null)
    return counter === 1 && previous === null
      ? []
      : [`${path}: has counter ${counter}, and ${previous === null ? 'follows none' : 'follows another'}`];
  if (before === undefined) return [];
  if (previous.intentSha256 !== before.intentSha256)
    return [`${path}: follows another run than ${before.path}, which has the counter before`];
  if (previous.manifestSha256 !== null && previous.manifestSha256 !== before.manifestSha256)
    return [`${before.path}: manifest.json is another than when ${path} began`];
  return [];
}

/** One for each run, whoever knows it. */
function distinct(entries: readonly Known[]): readonly Known[] {
  return entries.filter(({ intentSha256 }, at) => entries.findIndex((one) => one.intentSha256 === intentSha256) === at);
}

/** What was sealed, with its place in a series where it has one. */
export interface SealedOnce extends Pick<Verified, 'run' | 'manifestSha256'> {
  readonly path: string;
  readonly counted: string;
}

/** Two records of one run or exercise that are not the same. Those under one counter are named by it already. */
export function twinsOf(sealed: readonly SealedOnce[]): readonly string[] {
  return [...Map.groupBy(sealed, ({ run }) => run)].flatMap(([run, [first, ...others]]) =>
    others
      .filter((one) => first !== undefined && one.manifestSha256 !== first.manifestSha256)
      .filter(({ counted }) => counted === '' || counted !== first?.counted)
      .map(({ path }) => `${path}: is another record of ${shownPath(run)} than ${first?.path}`),
  );
}
