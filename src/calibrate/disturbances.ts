import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkRun, renderReportJson } from '../check/check.ts';
import type { View } from '../check/report-schema.ts';
import { print, REPORTS } from '../commands/context.ts';
import { parseAttempt } from '../history/history-csv.ts';
import type { Attempt } from '../history/operation.ts';
import { eventsOf, readJournal } from '../history/read-journal.ts';
import type { Platform } from '../platform/platform.ts';
import { cleanUp } from '../run/cleanup.ts';
import { createRunDirectory } from '../run/run-directory.ts';
import { healBefore, prepare } from '../run/runner.ts';
import { Session } from '../run/session.ts';
import { VERSION } from '../version.ts';
import { calibrationPlan } from './calibration-plan.ts';
import {
  compareDelayed,
  compareDropped,
  compareNothing,
  compareRefused,
  compareUnanswered,
  type Finding,
} from './compare.ts';
import { deleteTrials } from './deletions.ts';
import { calmTrial, dropTrial, gateTrial, lengthsUs, type Truth } from './trials.ts';

const SITE = 'paris';
/** How long operations of a trial may still be under way. */
const AFTERMATH_US = 2_000_000;

/** What is done, one kind after the other. */
export const KINDS = ['refused', 'delayed', 'unanswered', 'dropped', 'nothing', 'deleted'] as const;
export type Kind = (typeof KINDS)[number];

/**
 * Every disturbance of these kinds that is known truth, one after the other, `trials` of each. A trial in which the harness itself stalled is
 * repeated and counted: every report names its stalls, and is unknown where one decides.
 */
export async function disturbances(
  platform: Platform,
  trials: number,
  kinds: ReadonlySet<string>,
  outer: AbortSignal,
): Promise<{ readonly findings: readonly Finding[]; readonly repeated: number }> {
  const { plan, bytes } = await calibrationPlan('calibration', platform);
  const directory = createRunDirectory(REPORTS, plan, bytes, VERSION);
  const session = new Session(plan, directory, platform, ({ text }) => print(text));
  await session.open();
  const signal = AbortSignal.any([outer, session.broken.signal]);
  const truths: Truth[] = [];
  const deletions: Finding[] = [];
  const present = new Set<string>();
  let repeated = 0;
  const services = plan.timetables.filter(({ service }) => service !== '');
  const times = async (kind: Kind, trial: (n: number) => Promise<Truth>): Promise<void> => {
    if (!kinds.has(kind)) return;
    for (let n = 0; n < trials; n += 1) {
      print(`${kind} ${n + 1}/${trials}`);
      const truth = await trial(n);
      if (!stalled(directory.path, truth)) {
        truths.push(truth);
        continue;
      }
      print('the harness stalled, and says so: once more');
      repeated += 1;
      if (repeated > trials * KINDS.length) throw new Error('the harness stalls all the time on this machine');
      n -= 1;
    }
  };
  const lengths = { refused: lengthsUs(0.3, 10, trials), dropped: lengthsUs(0.5, 8, trials) };
  const delays = lengthsUs(0.4, 0.95, trials);
  try {
    await using _lock = await platform.lock(directory.run, signal);
    await healBefore(session);
    await prepare(session, signal);
    await session.clients.start(plan.timetables, (timetable, startUs) => session.live.of(timetable).start(startUs));
    await calmTrial(session, 5_000_000, signal);
    await times('refused', (n) =>
      gateTrial(session, services, { kind: 'refused', lengthUs: lengths.refused[n] as number, delayUs: 0 }, signal),
    );
    await times('delayed', (n) =>
      gateTrial(session, services, { kind: 'delayed', lengthUs: 6e6, delayUs: delays[n] as number }, signal),
    );
    await times('unanswered', () =>
      gateTrial(session, services, { kind: 'unanswered', lengthUs: 500_000, delayUs: 0 }, signal),
    );
    await times('dropped', (n) => dropTrial(session, SITE, n, lengths.dropped[n] as number, signal));
    await times('nothing', () => calmTrial(session, 2_000_000, signal));
    await session.clients.stop(plan.timetables, signal);
    const deleted = kinds.has('deleted') ? trials : 0;
    deletions.push(...(await deleteTrials(session, SITE, deleted, present, signal)));
    await session.clients[Symbol.asyncDispose]();
    await cleanUp(session, signal, 'what was written');
    await session.close('completed', '');
  } catch (error) {
    await session.close('failed', String(error));
    throw error;
  }
  const report = await checkRun(directory.path);
  writeFileSync(join(directory.path, 'report.json'), renderReportJson(report));
  const attempts = readFileSync(join(directory.path, 'history.csv'), 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map(parseAttempt);
  const views = report.views.filter(({ service }) => service !== '');
  const compared = truths.flatMap((truth) => views.map((view) => compare(view, truth, attempts, present)));
  const findings = [...compared, ...deletions];
  // What was really done and when, without which nobody could compare again.
  writeFileSync(
    join(directory.path, 'calibration.json'),
    `${JSON.stringify({ truths, repeated, findings }, null, 1)}\n`,
  );
  return { findings, repeated };
}

/** Whether a stall of the harness is in the journal that touches a trial. */
function stalled(directory: string, { fromUs, toUs }: Truth): boolean {
  const { events } = readJournal(join(directory, 'journal.ndjson'), readFileSync(join(directory, 'intent.json')));
  return eventsOf(events, 'stall').some(
    ({ data }) => data.to_us >= fromUs.notBefore && data.from_us <= toUs.notAfter + AFTERMATH_US,
  );
}

function compare(view: View, truth: Truth, attempts: readonly Attempt[], present: ReadonlySet<string>): Finding {
  switch (truth.kind) {
    case 'refused':
      return compareRefused(view, truth, attempts);
    case 'dropped':
      return compareDropped(view, truth);
    case 'delayed':
      return compareDelayed(view, truth, attempts);
    case 'unanswered':
      return compareUnanswered(view, truth, attempts, present);
    case 'nothing':
      return compareNothing(view, truth);
  }
}
