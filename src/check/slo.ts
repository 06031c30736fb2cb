import type { Observed } from './operations.ts';
import { layWindows, type Rules, violates } from './windows.ts';

const HOLDING = 5;
const VIOLATING = 3;

/** What the record says about an objective being met again, and staying so. */
export type Restoration =
  | { readonly state: 'restored'; readonly atUs: number }
  /** Nothing was observed, or it held and was not observed for long enough. */
  | { readonly state: 'unknown'; readonly why: string }
  /**
   * The last window that can be judged violates: it is not restored when the observation ends, and will be at `notBeforeUs` at the earliest.
   * The specification names only an open outage; to call this one open as well makes the platform look worse than `unknown`.
   */
  | { readonly state: 'open'; readonly notBeforeUs: number; readonly why: string };

/**
 * When the SLO is restored: windows are laid from `fromUs`; the start of the first of 5 consecutive windows that hold, after which no 3
 * consecutive ones that begin within `sustain` of that start violate. `afterViolation`: only what comes after the first violating window can
 * be a restoration (where nothing but a window shows that there was something to restore).
 */
export function findRestoration(
  observed: Observed,
  rules: Rules,
  fromUs: number,
  { afterViolation = false }: { afterViolation?: boolean } = {},
): Restoration {
  const windows = [...layWindows(observed, rules, fromUs)].map((window) => ({
    beginUs: window.beginUs,
    state: !window.complete ? 'incomplete' : violates(window, rules) ? 'violates' : 'holds',
  }));
  const start = afterViolation ? windows.findIndex(({ state }) => state === 'violates') + 1 : 0;
  let holding = 0;
  for (let index = start; index < windows.length; index++) {
    holding = windows[index]?.state === 'holds' ? holding + 1 : 0;
    if (holding < HOLDING) continue;
    const beginUs = windows[index - HOLDING + 1]?.beginUs as number;
    const after = windows.slice(index + 1, index + 1 + countWhile(windows, index + 1, beginUs + rules.sustainUs));
    const breach = threeViolating(after.map(({ state }) => state));
    if (breach.state === 'violates') {
      index += breach.length;
      holding = 0;
    } else if (observed.reachedUs < beginUs + rules.sustainUs || breach.state === 'incomplete') {
      return { state: 'unknown', why: 'it held, but was not observed for long enough' };
    } else {
      return { state: 'restored', atUs: beginUs };
    }
  }
  const judged = windows.filter(({ state }) => state !== 'incomplete');
  if (judged.length === 0) return { state: 'unknown', why: 'no complete window was observed' };
  const why = `no ${HOLDING} consecutive windows held for long enough`;
  if (judged.at(-1)?.state !== 'violates') return { state: 'unknown', why };
  return { state: 'open', notBeforeUs: windows[judged.length]?.beginUs ?? Math.max(fromUs, observed.reachedUs), why };
}

function countWhile(windows: readonly { beginUs: number }[], from: number, beforeUs: number): number {
  let count = 0;
  while ((windows[from + count]?.beginUs ?? Number.POSITIVE_INFINITY) < beforeUs) count++;
  return count;
}

/** Whether three consecutive windows violate (`length`: up to the last of them), or an incomplete one could make it three. */
function threeViolating(
  states: readonly string[],
): { state: 'violates'; length: number } | { state: 'incomplete' | 'none' } {
  let violating = 0;
  for (const [index, state] of states.entries()) {
    if (state === 'incomplete') return { state: violating === VIOLATING - 1 ? 'incomplete' : 'none' };
    violating = state === 'violates' ? violating + 1 : 0;
    if (violating === VIOLATING) return { state: 'violates', length: index + 1 };
  }
  return { state: 'none' };
}
