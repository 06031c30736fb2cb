import { messageOf, PlatformError } from '../errors.ts';
import { type Authorisation, FAILBACK_CONDITION } from '../history/event.ts';
import type { Platform } from '../platform/platform.ts';
import type { Plan } from '../scenario/plan.ts';
import { WINDOWS_THAT_HOLD } from '../scenario/windows.ts';
import { VERSION } from '../version.ts';
import { type Anchoring, anchorIntent } from './anchor.ts';
import { provoke } from './canary.ts';
import { takeCensus } from './census.ts';
import { cleanUp } from './cleanup.ts';
import { holdFaults } from './fault-timeline.ts';
import { heal } from './heal.ts';
import { healPlatform } from './heal-platform.ts';
import { readLater } from './later.ts';
import { readBack, Stages, targetsAt } from './reading.ts';
import { recoverFromFaults, settle } from './recovery.ts';
import { createRunDirectory } from './run-directory.ts';
import { type Programs, type Progress, Session } from './session.ts';
import { type Limits, StopConditions } from './stop-conditions.ts';
import { deadline, orRejected, pause, until } from './wait.ts';

const CLEANUP_MS = 600_000;
const ABORTED_CLEANUP_MS = 120_000;
const PREPARE_MS = 180_000;
/** What a run that is broken off may take to let go by itself. */
const UNWIND_MS = 500;
/** What its record may take to be on disk, before the platform's lock is given back without it. */
const CLOSE_MS = 120_000;

const ROWS_LEFT = 'the rows of the run were not removed';

export interface RunOptions {
  readonly plan: Plan;
  readonly scenarioBytes: Uint8Array;
  readonly platform: Platform;
  /** Where run directories go. */
  readonly reports: string;
  /** Aborts the run: it heals, and leaves the record of what was measured. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** The session of the run, for who shows it while it runs. */
  readonly onSession: (session: Session) => void;
  readonly programs?: Programs;
  /** What breaks it off beside what its plan says. */
  readonly limits: Limits;
  /** What people said to it; null: nobody had to. */
  readonly authorisation: Authorisation | null;
  /** Who runs it; absent: it is not recorded. */
  readonly operators?: readonly string[];
  /** Who is given its intent before the first fault; null: nobody. */
  readonly anchoring?: Anchoring | null;
  /** How long what is undone may take to serve by itself; absent: five minutes. */
  readonly patienceMs?: number;
  /** Directory of the register of runs; null: this one takes no counter. */
  readonly register?: string | null;
}

export interface RunResult {
  readonly directory: string;
  readonly outcome: 'completed' | 'aborted' | 'failed';
  readonly reason: string;
  /** Faults that could not be undone: `recover` must. */
  readonly left: readonly string[];
}

/**
 * Runs a plan once: steady state, faults, recovery, read-back, failback, cleanup. Whatever happens, every fault is undone and the record is
 * complete up to there. Throws only where there is no record yet.
 */
export async function runPlan(options: RunOptions): Promise<RunResult> {
  const { plan, platform, onProgress } = options;
  // For every process of the run: they inherit it, and it stands in no file.
  Object.assign(process.env, platform.credentials);
  const directory = createRunDirectory(options.reports, plan, options.scenarioBytes, VERSION, options.register);
  const session = new Session(plan, directory, platform, onProgress, options.programs, options.patienceMs);
  await session.open(options.authorisation, options.operators);
  options.onSession(session);
  using conditions = new StopConditions(session, options.limits);
  const lost = new AbortController();
  const signal = AbortSignal.any([options.signal, session.broken.signal, conditions.signal, lost.signal]);
  const lock = new AsyncDisposableStack();
  let outcome: RunResult['outcome'] = 'completed';
  let reason = '';
  try {
    // Until the record is closed: nobody else begins while this run still heals.
    const held = lock.use(await platform.lock(directory.run, signal));
    held.lost?.addEventListener('abort', () => void giveUp(session, lost, held.lost?.reason), { once: true });
    if (held.lost?.aborted) giveUp(session, lost, held.lost.reason);
    await healBefore(session);
    if (options.anchoring) await anchor(session, options.anchoring, signal);
    await orGivenUp(measure(session, signal), signal);
  } catch (error) {
    outcome = options.signal.aborted || conditions.signal.aborted || lost.signal.aborted ? 'aborted' : 'failed';
    reason = messageOf(error);
    onProgress({ phase: session.phaseNow, text: `${outcome}: ${reason}` });
  }
  // What is silent from here on is the harness's own doing.
  conditions[Symbol.dispose]();
  const left = await heal(session, !lost.signal.aborted);
  const also: string[] = [];
  if (left.length > 0) also.push(`left behind: ${left.join('; ')}`, ROWS_LEFT);
  if (left.length > 0 && outcome === 'completed') outcome = 'failed';
  if (outcome !== 'completed' && left.length === 0) {
    const withinMs = outcome === 'failed' ? CLEANUP_MS : ABORTED_CLEANUP_MS;
    also.push(...(await cleanAfterAbort(session, withinMs)));
  }
  reason = [reason, ...also].filter(Boolean).join('; ');
  // A record that cannot be written any more is no reason to hide what was left behind.
  const closed = deadline(new AbortController().signal, CLOSE_MS, 'the record to be on disk');
  await orRejected(session.close(outcome, reason), closed).catch((error: unknown) => {
    if (outcome === 'completed') outcome = 'failed';
    reason = [reason, `the record could not be completed: ${messageOf(error)}`].filter(Boolean).join('; ');
    onProgress({ phase: session.phaseNow, text: reason });
  });
  // It goes with the connection, too: a platform that is gone has none to give back.
  await lock.disposeAsync().catch(() => {});
  return { directory: directory.path, outcome, reason, left };
}

/** Another run may be at the platform from here on: this one heals what it did, and does no more. */
function giveUp(session: Session, lost: AbortController, why: unknown): void {
  lost.abort(why);
  session.journal.append('stop-condition', { condition: 'lock', observed: messageOf(why) }).catch(() => {});
}

async function anchor(session: Session, anchoring: Anchoring, signal: AbortSignal): Promise<void> {
  session.say({ phase: null, text: 'anchoring the intent before the fault' });
  for (const anchored of await anchorIntent(session.directory, anchoring, signal)) {
    await session.journal.append('anchored', anchored);
    if (anchored.kind === 'none') session.say({ phase: null, text: `no anchor: ${anchored.why}` });
  }
}

/** Where something hangs that looks at no signal, such as the journal's disk, healing must not wait for it. */
async function orGivenUp(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const givenUp = new Promise<never>((_, reject) => {
    const abort = (): void =>
      void pause(UNWIND_MS, over.signal).then(
        () => reject(signal.reason),
        () => {},
      );
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
  try {
    await Promise.race([work, givenUp]);
  } finally {
    over.abort();
  }
}

/** The run's rows are removed also when it was broken off; what stays, and why, is returned. */
async function cleanAfterAbort(session: Session, withinMs: number): Promise<readonly string[]> {
  if (!session.clients) return [];
  await session.clients[Symbol.asyncDispose]();
  // A journal that cannot be written any more must not keep the rows.
  await session.phase('cleanup', 'removing what the run wrote').catch(() => {});
  try {
    const left = await cleanUp(session, AbortSignal.timeout(withinMs), 'whatever may have been written');
    return left === 0 ? [] : [`${left} elements of the run are left`];
  } catch (error) {
    return [`${ROWS_LEFT}: ${messageOf(error)}`];
  }
}

async function measure(session: Session, signal: AbortSignal): Promise<void> {
  const { plan, live } = session;
  await takeCensus(session, 'before', signal);
  await prepare(session, signal);

  await session.startDetection(signal);
  await session.phase('canary', 'the instrument proves itself: an outage and a loss of its own');
  await provoke(session, signal);

  await session.phase('steady-state', 'waiting for the steady state');
  await session.clients.start(plan.timetables, (timetable, startUs) => live.of(timetable).start(startUs));
  await steadyState(session, signal);

  const quiet = plan.timeline.length === 0;
  await session.phase('before', quiet ? 'steady; no fault comes' : 'steady; the fault comes next');
  const stages = new Stages(plan, live);
  const disaster = await holdFaults(session, stages, signal);
  if (disaster) await recoverFromFaults(session, stages, disaster, signal);

  await session.phase('after', quiet ? 'measuring on' : 'everything is back; measuring on');
  await pause(plan.recovery.after_us / 1000, signal);
  const movedBack = disaster !== null && (await failback(session, signal));

  for (const timetable of live.timetables) timetable.stop(session.clock.nowUs());
  await session.clients.stop(plan.timetables, signal);
  await session.clients[Symbol.asyncDispose]();
  await settle(session, stages, signal);
  if (disaster && movedBack) {
    await session.phase('read-back', 'reading back what was acknowledged between failover and failback');
    const asked = stages.afterFailback(session.moves);
    const reading = { plan, reader: session.reader, journal: session.journal, cameAcross: session.cameAcross };
    await readBack({ ...reading, alone: true }, 'after-failback', disaster.planned.id, asked, signal);
  }
  if (disaster) await readLater(session, stages, disaster, signal);
  await takeCensus(session, 'after', signal);
  await session.phase('cleanup', 'removing what the run wrote');
  const left = await cleanUp(session, AbortSignal.any([signal, AbortSignal.timeout(CLEANUP_MS)]), 'what was written');
  if (left > 0) throw new Error(`the cleanup left ${left} elements of the run behind`);
}

/** Heals what an earlier run left: to its end, also when this run is broken off meanwhile. */
export async function healBefore(session: Session): Promise<void> {
  const left = await healPlatform(session.platform, (text) => session.say({ phase: null, text }));
  if (left.length > 0) {
    throw new PlatformError(`what stood here before this run cannot be healed: ${left.join('; ')}`, {
      hint: session.platform.recover,
    });
  }
}

/** Makes schemas, and starts the clients, warm. */
export async function prepare(session: Session, signal: AbortSignal): Promise<void> {
  const { plan, reader } = session;
  const limit = deadline(signal, PREPARE_MS, 'preparing schema, clients and warm-up');
  session.say({ phase: null, text: 'preparing schema and clients' });
  const targets = plan.platform.sites.flatMap(({ name }) => targetsAt(plan, name));
  await reader.run({ type: 'prepare', targets }, limit);
  session.startClients();
  await orRejected(session.clients.ready(), limit);
}

async function steadyState(session: Session, signal: AbortSignal): Promise<void> {
  const { plan, live, clock } = session;
  const fromUs = clock.nowUs();
  const limit = deadline(signal, plan.steadyState.within_us / 1000, 'the steady state');
  await until(
    () => {
      const nowUs = clock.nowUs();
      const steady = nowUs - fromUs >= plan.steadyState.for_us && live.servicesHold(fromUs, nowUs, WINDOWS_THAT_HOLD);
      return steady ? true : null;
    },
    250,
    limit,
  );
}

/** Moves every service that was moved away back to its first site; false: none was. */
async function failback(session: Session, signal: AbortSignal): Promise<boolean> {
  const { plan, live, clock } = session;
  if (!plan.recovery.failback || session.moves.length === 0) return false;
  await session.phase('failback', 'moving the services back to their first sites');
  const away = Object.entries(plan.services).filter(([name, { sites }]) => live.current.get(name) !== sites[0]);
  for (const [name, { sites }] of away) session.clients.failback(name, sites[0] as string);
  const fromUs = clock.nowUs();
  const limit = deadline(
    signal,
    plan.recovery.within_us / 1000,
    'the service level at the first site after the failback',
  );
  await pause(plan.recovery.failback_us / 1000, signal);
  await until(() => (live.servicesHold(fromUs, clock.nowUs(), WINDOWS_THAT_HOLD) ? true : null), 250, limit).catch(
    async (error) => {
      signal.throwIfAborted();
      await session.journal.append('stop-condition', { condition: FAILBACK_CONDITION, observed: messageOf(error) });
      session.say({ phase: session.phaseNow, text: messageOf(error) });
    },
  );
  return true;
}
