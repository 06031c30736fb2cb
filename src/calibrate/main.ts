/** `npm run calibrate`: the harness measured against known truth on the real platform. Writes `calibration.md`; exit code 1 when one trial is wrong. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkRun, renderReportJson } from '../check/check.ts';
import type { View } from '../check/report-schema.ts';
import { print, REGISTRIES, REPORTS } from '../commands/context.ts';
import { platformFor } from '../commands/run.ts';
import { parseAttempt } from '../history/history-csv.ts';
import type { Attempt } from '../history/operation.ts';
import { readBack, targetOf } from '../run/reading.ts';
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
import { calmTrial, dropTrial, gateTrial, lengthsUs, type Truth } from './trials.ts';

const TRIALS = Number(process.env.DRILL_TRIALS ?? 20);
const SITE = 'paris';

const interrupt = new AbortController();
process.on('SIGINT', () => interrupt.abort(new Error('interrupted')));
process.on('SIGTERM', () => interrupt.abort(new Error('interrupted')));

const findings = await calibrate(interrupt.signal);
const table = render(findings);
writeFileSync('calibration.md', table);
print(table);
const wrong = findings.filter(({ right }) => !right).length;
print(`${findings.length} trials, ${wrong} wrong; calibration.md is written`);
process.exit(wrong === 0 ? 0 : 1);

async function calibrate(outer: AbortSignal): Promise<readonly Finding[]> {
  await using platform = await platformFor({}, outer);
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
    for (const [n, lengthUs] of lengthsUs(0.3, 10, TRIALS).entries()) {
      print(`refused ${n + 1}/${TRIALS}: ${lengthUs} µs`);
      truths.push(await gateTrial(session, services, { kind: 'refused', lengthUs, delayUs: 0 }, signal));
    }
    for (const [n, delayUs] of lengthsUs(0.1, 1, TRIALS).entries()) {
      print(`delayed ${n + 1}/${TRIALS}: ${delayUs} µs`);
      truths.push(await gateTrial(session, services, { kind: 'delayed', lengthUs: 4_000_000, delayUs }, signal));
    }
    for (let n = 0; n < TRIALS; n += 1) {
      print(`unanswered ${n + 1}/${TRIALS}`);
      truths.push(await gateTrial(session, services, { kind: 'unanswered', lengthUs: 500_000, delayUs: 0 }, signal));
    }
    for (const [n, lengthUs] of lengthsUs(0.5, 8, TRIALS).entries()) {
      print(`dropped ${n + 1}/${TRIALS}: ${lengthUs} µs`);
      truths.push(await dropTrial(session, SITE, n, lengthUs, signal));
    }
    for (let n = 0; n < TRIALS; n += 1) truths.push(await calmTrial(session, 2_000_000, signal));
    await session.clients.stop(plan.timetables);
    deletions.push(...(await deleteTrials(session, present, signal)));
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
  return [...truths.flatMap((truth) => views.map((view) => compare(view, truth, attempts, present))), ...deletions];
}

function compare(view: View, truth: Truth, attempts: readonly Attempt[], present: ReadonlySet<string>): Finding {
  switch (truth.kind) {
    case 'refused':
      return compareRefused(view, truth);
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

/** Known rows are deleted behind the probe's back, others each time, and everything is read back: exactly these must be missing. */
async function deleteTrials(session: Session, present: Set<string>, signal: AbortSignal): Promise<readonly Finding[]> {
  const { plan, live, reader, directory } = session;
  const found: Finding[] = [];
  for (const one of live.services()) {
    const writes = live.writesOf(one, (write) => write.outcome !== 'fail');
    const target = targetOf(plan, one.timetable, SITE);
    await readBack(session, 'at-failover', 'calibration-0', [{ live: one, sites: [SITE], writes }], signal);
    for (const { key } of await rowsOf(directory.path, 'calibration-0', one.timetable.probe)) present.add(key);
    for (let n = 1; n <= TRIALS; n += 1) {
      const doomed = writes.filter((_, index) => index % (TRIALS * 7) === n).map(({ key, seq }) => ({ key, seq }));
      const sample = writes.filter((_, index) => index % (TRIALS * 7) <= n && index % 3 === n % 3);
      const asked = [...new Set([...sample, ...writes.filter((write) => doomed.some(({ key }) => key === write.key))])];
      const gone = new Set([...deleted(writes, n)].filter((key) => asked.some((write) => write.key === key)));
      await reader.run({ type: 'remove', target, writes: doomed }, signal);
      await readBack(session, 'at-failover', `calibration-${n}`, [{ live: one, sites: [SITE], writes: asked }], signal);
      const there = new Set(
        (await rowsOf(directory.path, `calibration-${n}`, one.timetable.probe)).map(({ key }) => key),
      );
      const missing = asked.filter(({ key }) => !there.has(key)).map(({ key }) => key);
      const right = missing.length === gone.size && missing.every((key) => gone.has(key));
      found.push({
        trial: `deleted, ${one.timetable.service}`,
        truth: `${gone.size} of ${asked.length}`,
        measured: `${missing.length} missing`,
        right,
      });
    }
  }
  return found;
}

/** Everything that trials 1 to `n` have deleted. */
function deleted(writes: readonly { key: string }[], n: number): ReadonlySet<string> {
  return new Set(
    writes.filter((_, index) => index % (TRIALS * 7) >= 1 && index % (TRIALS * 7) <= n).map(({ key }) => key),
  );
}

/** Keys that one read-back found present. Rows and answers come through different pipes: waits for the file to stand still. */
async function rowsOf(directory: string, fault: string, probe: string): Promise<readonly { key: string }[]> {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return readFileSync(join(directory, 'read-back.csv'), 'utf8')
    .split(/\r?\n/)
    .map((line) => line.split(','))
    .filter((fields) => fields[1] === fault && fields[3] === probe && fields[5] === 'present')
    .map((fields) => ({ key: fields[4] as string }));
}

function render(all: readonly Finding[]): string {
  const kinds = [...new Set(all.map(({ trial }) => trial))];
  const lines = kinds.map((kind) => {
    const mine = all.filter(({ trial }) => trial === kind);
    const right = mine.filter((one) => one.right).length;
    const worst = mine.find((one) => !one.right) ?? mine.at(-1);
    return `| ${kind} | ${mine.length} | ${right} | truth ${worst?.truth}: ${worst?.measured} |`;
  });
  return `| trial | n | right | an example (a wrong one, if any) |\n|---|---|---|---|\n${lines.join('\n')}\n`;
}
