import type { Session } from '../run/session.ts';
import { pause } from '../run/wait.ts';
import type { Timetable } from '../scenario/plan.ts';

/** What was really done, and when, in µs from the run's origin. */
export interface Truth {
  readonly kind: 'refused' | 'dropped' | 'delayed' | 'unanswered' | 'nothing';
  readonly fromUs: { readonly notBefore: number; readonly notAfter: number };
  readonly toUs: { readonly notBefore: number; readonly notAfter: number };
  /** Of `delayed`: by how much. */
  readonly delayUs: number;
}

const NOTICE_US = 200_000;
/**
 * Between two trials: longer than a timeout and a window of 200 operations of the slower service together. An outage that was found by scattered
 * errors ends with a window that holds, so that two trials closer than this are one outage.
 */
const CALM_MS = 6_000;

/** Lengths from `low` to `high` seconds, evenly on a log scale: as many short ones as long ones. */
export function lengthsUs(low: number, high: number, n: number): readonly number[] {
  return Array.from({ length: n }, (_, index) => Math.round(1e6 * low * (high / low) ** (index / Math.max(1, n - 1))));
}

/** The stub at the client's boundary does something to every operation of these timetables for a known time. */
export async function gateTrial(
  session: Session,
  timetables: readonly Timetable[],
  what: { readonly kind: 'refused' | 'delayed' | 'unanswered'; readonly lengthUs: number; readonly delayUs: number },
  signal: AbortSignal,
): Promise<Truth> {
  const fromUs = session.clock.nowUs() + NOTICE_US;
  const toUs = fromUs + what.lengthUs;
  const gate =
    what.kind === 'refused'
      ? ({ mode: 'refuse' } as const)
      : what.kind === 'delayed'
        ? ({ mode: 'delay', delay_us: what.delayUs } as const)
        : ({ mode: 'drop-answers' } as const);
  for (const timetable of timetables) session.clients.gate(timetable, gate, fromUs, toUs);
  await pause((NOTICE_US + what.lengthUs) / 1000 + CALM_MS, signal);
  const exact = (us: number): Truth['fromUs'] => ({ notBefore: us, notAfter: us });
  return { kind: what.kind, fromUs: exact(fromUs), toUs: exact(toUs), delayUs: what.delayUs };
}

/** Both ways; requests only; answers only, so that what is not acknowledged is done nevertheless. */
const WAYS = [['in', 'out'], ['in'], ['out']] as const;

/** Packets between the clients outside and a site are dropped for a known time, in the kernel, under the platform's dead-man. */
export async function dropTrial(
  session: Session,
  site: string,
  n: number,
  lengthUs: number,
  signal: AbortSignal,
): Promise<Truth> {
  const { platform, clock, directory } = session;
  const { network } = platform.abilities;
  if (!network) throw new Error('the platform cannot drop packets');
  const id = `calibration-${n}`;
  const peers = ['outside'];
  await platform.register.record(
    { fault: id, run: directory.run, undo: [{ kind: 'network', params: { id } }] },
    30_000,
    signal,
  );
  try {
    const began = clock.nowUs();
    await network.filter(
      id,
      (WAYS[n % WAYS.length] as (typeof WAYS)[number]).map((direction) => ({ site, direction, peers })),
      signal,
    );
    const effective = clock.nowUs();
    await pause(lengthUs / 1000, signal);
    const ending = clock.nowUs();
    await platform.register.undo(id, signal);
    const ended = clock.nowUs();
    await pause(CALM_MS, signal);
    return {
      kind: 'dropped',
      fromUs: { notBefore: began, notAfter: effective },
      toUs: { notBefore: ending, notAfter: ended },
      delayUs: 0,
    };
  } finally {
    await platform.register.undo(id, AbortSignal.timeout(30_000));
  }
}

/** Nothing is done for a while. */
export async function calmTrial(session: Session, lengthUs: number, signal: AbortSignal): Promise<Truth> {
  const fromUs = session.clock.nowUs();
  await pause(lengthUs / 1000, signal);
  const toUs = session.clock.nowUs();
  const exact = (us: number): Truth['fromUs'] => ({ notBefore: us, notAfter: us });
  return { kind: 'nothing', fromUs: exact(fromUs), toUs: exact(toUs), delayUs: 0 };
}
