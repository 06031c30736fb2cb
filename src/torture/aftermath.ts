import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkRun } from '../check/check.ts';
import { exitOf } from '../check/exit-code.ts';
import { EXIT, messageOf } from '../errors.ts';
import type { JournalEvent } from '../history/event.ts';
import { eventsOf, readJournal } from '../history/read-journal.ts';
import type { Platform } from '../platform/platform.ts';
import { healPlatform, inForce } from '../run/heal-platform.ts';
import { pause } from '../run/wait.ts';
import type { Harness } from './harness.ts';

/** Rows may be on their way from a client to the file when everything dies. */
const ON_ITS_WAY_US = 2_000_000;

/** What is in force or not whole, in words. */
export async function notWhole(platform: Platform, signal: AbortSignal): Promise<readonly string[]> {
  const { processes } = platform.abilities;
  const states = (await processes?.observe(signal)) ?? [];
  return [
    ...(await platform.register.list(signal)).map(({ fault }) => `${fault} is in the register`),
    ...(await inForce(platform.abilities, signal)),
    ...states.flatMap(({ site, component, state }) => (state === 'ready' ? [] : [`${site} ${component} is ${state}`])),
  ];
}

/** Waits for the platform to be whole by itself; what is not, at the signal. `ms`: how long it took. */
export async function whole(platform: Platform, signal: AbortSignal): Promise<{ left: readonly string[]; ms: number }> {
  const from = performance.now();
  for (;;) {
    const left = await notWhole(platform, AbortSignal.timeout(30_000));
    if (left.length === 0 || signal.aborted) return { left, ms: performance.now() - from };
    await pause(100, signal).catch(() => {});
  }
}

/** What `recover` does, and what it leaves. */
export async function recovered(platform: Platform, signal: AbortSignal): Promise<readonly string[]> {
  await using _lock = await platform.lock('torture', signal);
  return healPlatform(platform, () => {});
}

/** Everything that is wrong with what a killed harness left, in words: processes, and its run. `killedAt`: wall clock. */
export async function wrongWith(harness: Harness, killedAt: number): Promise<readonly string[]> {
  const alive = harness.processes().map(({ pid, command }) => `process ${pid} lives on: ${command.slice(0, 120)}`);
  const directory = harness.directory();
  if (directory === null) return [...alive, 'the run has no directory'];
  try {
    return [...alive, ...(await wrongWithRecord(directory, killedAt))];
  } catch (error) {
    return [...alive, `its record cannot be judged: ${messageOf(error)}`];
  }
}

async function wrongWithRecord(directory: string, killedAt: number): Promise<readonly string[]> {
  const wrong: string[] = [];
  const { events, defects } = readJournal(
    join(directory, 'journal.ndjson'),
    readFileSync(join(directory, 'intent.json')),
  );
  wrong.push(...defects.map((defect) => `its journal: ${defect}`));
  const report = await checkRun(directory);
  const code = exitOf(report);
  // One that died after the last line of its record, while it rendered its report, was carried out.
  const carriedOut = eventsOf(events, 'run-ended').at(-1)?.data.outcome === 'completed';
  // It died before it could see its fault gone, or after.
  if (!carriedOut && code !== EXIT.aborted && code !== EXIT.platform) wrong.push(`check of it gives ${code}`);
  if (!carriedOut && report.verdict === 'pass') wrong.push('check of it gives a pass');
  const [first] = events;
  if (!first) return [...wrong, 'its journal is empty'];
  const until = writtenUntil(events, first.at_us + (killedAt - Date.parse(first.wall)) * 1000);
  const rows = readFileSync(join(directory, 'history.csv'), 'utf8').trimEnd().split('\r\n');
  const completed = Math.max(0, ...rows.slice(-2_000, -1).map((row) => Number(row.split(',')[10] ?? 0)));
  if (completed < until - ON_ITS_WAY_US)
    wrong.push(`its history ends ${((until - completed) / 1e6).toFixed(1)} s before its clients did`);
  return wrong;
}

/** Until when its clients wrote and read: what is read back after them stands in files of its own. */
export function writtenUntil(events: readonly JournalEvent[], killedUs: number): number {
  const ended = eventsOf(events, 'timetable-ended');
  const all = eventsOf(events, 'timetable-started').length;
  return ended.length < Math.max(1, all) ? killedUs : Math.max(...ended.map(({ at_us }) => at_us));
}

/**
 * From what broke a run off to the last of its faults being seen gone, in ms: from the condition that was met, or else from `at` (wall clock). Null: its journal
 * does not say.
 */
export function undoneAfter(harness: Harness, at: number): number | null {
  const directory = harness.directory();
  if (directory === null) return null;
  const { events } = readJournal(join(directory, 'journal.ndjson'), readFileSync(join(directory, 'intent.json')));
  return undoneAfterEvents(events, at);
}

export function undoneAfterEvents(events: readonly JournalEvent[], at: number): number | null {
  const [first] = events;
  const gone = eventsOf(events, 'fault-gone').map(({ data }) => data.notAfter_us);
  if (!first || gone.length === 0) return null;
  const [met] = eventsOf(events, 'stop-condition');
  // The lever is pulled by us, and what is between that and its being seen counts.
  const fromUs = met && met.data.condition !== 'lever' ? met.at_us : first.at_us + (at - Date.parse(first.wall)) * 1000;
  return (Math.max(...gone) - fromUs) / 1000;
}
