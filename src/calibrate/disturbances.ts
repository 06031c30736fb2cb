import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkRun, renderReportJson } from '../check/check.ts';
import type { Report, View } from '../check/report-schema.ts';
import { print, REGISTRIES, REPORTS } from '../commands/context.ts';
import { parseAttempt } from '../history/history-csv.ts';
import type { Attempt } from '../history/operation.ts';
import type { Platform } from '../platform/platform.ts';
import { createRunDirectory } from '../run/run-directory.ts';
import { prepare } from '../run/runner.ts';
import { Session } from '../run/session.ts';
import { loadScenario } from '../scenario/load.ts';
import { resolvePlan } from '../scenario/resolve.ts';
import { VERSION } from '../version.ts';
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

/** Every disturbance that is known truth, one after the other. */
export async function disturbances(
  platform: Platform,
  trials: number,
  outer: AbortSignal,
): Promise<readonly Finding[]> {
  const file = fileURLToPath(new URL('./calibration.yaml', import.meta.url));
  const loaded = await loadScenario(file, { registries: REGISTRIES, directory: '.' });
  const plan = resolvePlan({ loaded, platform: platform.facts(), ...REGISTRIES });
  const directory = createRunDirectory(REPORTS, plan, loaded.bytes, VERSION);
  const session = new Session(plan, directory, platform, ({ text }) => print(text));
  await session.open();
  const signal = AbortSignal.any([outer, session.broken.signal]);
  const truths: Truth[] = [];
  const deletions: Finding[] = [];
  const present = new Set<string>();
  try {
    await using _lock = await platform.lock(directory.run, signal);
    await prepare(session, signal);
    const services = plan.timetables.filter(({ service }) => service !== '');
    await session.clients.start(plan.timetables, (timetable, startUs) => session.live.of(timetable).start(startUs));
    truths.push(await calmTrial(session, 5_000_000, signal));
    for (const [n, lengthUs] of lengthsUs(0.3, 10, trials).entries()) {
      print(`refused ${n + 1}/${trials}: ${lengthUs} µs`);
      truths.push(await gateTrial(session, services, { kind: 'refused', lengthUs, delayUs: 0 }, signal));
    }
    for (const [n, delayUs] of lengthsUs(0.1, 1, trials).entries()) {
      print(`delayed ${n + 1}/${trials}: ${delayUs} µs`);
      truths.push(await gateTrial(session, services, { kind: 'delayed', lengthUs: 6_000_000, delayUs }, signal));
    }
    for (let n = 0; n < trials; n += 1) {
      print(`unanswered ${n + 1}/${trials}`);
      truths.push(await gateTrial(session, services, { kind: 'unanswered', lengthUs: 500_000, delayUs: 0 }, signal));
    }
    for (const [n, lengthUs] of lengthsUs(0.5, 8, trials).entries()) {
      print(`dropped ${n + 1}/${trials}: ${lengthUs} µs`);
      truths.push(await dropTrial(session, SITE, n, lengthUs, signal));
    }
    for (let n = 0; n < trials; n += 1) truths.push(await calmTrial(session, 2_000_000, signal));
    await session.clients.stop(plan.timetables);
    deletions.push(...(await deleteTrials(session, SITE, trials, present, signal)));
    await session.clients[Symbol.asyncDispose]();
    await session.cleanup(signal);
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
  return [
    ...truths.flatMap((truth) => views.map((view) => compare(view, truth, { report, attempts, present }))),
    ...deletions,
  ];
}

function compare(
  view: View,
  truth: Truth,
  {
    report,
    attempts,
    present,
  }: { readonly report: Report; readonly attempts: readonly Attempt[]; readonly present: ReadonlySet<string> },
): Finding {
  switch (truth.kind) {
    case 'refused':
      return compareRefused(view, truth, attempts);
    case 'dropped':
      return compareDropped(view, truth);
    case 'delayed':
      return compareDelayed(view, truth, report.timeline);
    case 'unanswered':
      return compareUnanswered(view, truth, attempts, present);
    case 'nothing':
      return compareNothing(view, truth);
  }
}
