import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { InputError, messageOf } from '../errors.ts';
import type { JournalEvent } from '../history/event.ts';
import { deviation, type Intent } from '../history/intent.ts';
import { STAGES_APART } from '../history/operation.ts';
import { eventsOf, readJournal } from '../history/read-journal.ts';
import { type Plan, planSchema } from '../scenario/plan.ts';
import { VERSION } from '../version.ts';
import { Arrivals } from './arrivals.ts';
import { backupsOf } from './backups.ts';
import { CanaryKeys, proveInstrument } from './canary.ts';
import { Census } from './census.ts';
import type { Reconciled } from './clocks.ts';
import { Defects } from './defects.ts';
import { doraOf } from './dora.ts';
import { factsOf, notMeasuredOf, qualityOf } from './facts.ts';
import { judgeAll } from './judge.ts';
import { KeyJoin } from './key-join.ts';
import { LaterTally } from './later.ts';
import { missingLater } from './later-loss.ts';
import type { Later } from './later-schema.ts';
import { judgeLedger, type Ledger } from './ledger.ts';
import { loadOf } from './load.ts';
import { type HistoryAttempt, type HistoryVisitor, type LoadedHistory, loadHistory } from './load-history.ts';
import { loadReadBack, type ReadPlace } from './load-read-back.ts';
import { Overwrites } from './overwrites.ts';
import { judgePromises } from './promises.ts';
import { type Report, reportSchema } from './report-schema.ts';
import { RestoreTestTally } from './restore-tests.ts';
import { type RunRecord, readRunRecord } from './run-record.ts';
import { bucketLength } from './series.ts';
import { eventLines, LostTimeline, phasesOf } from './timeline.ts';
import { closeTimetables, judgeViews, recordEnd } from './views.ts';

export interface CheckOptions {
  /** Where files for the time of the check go; default the system's. They are removed whatever happens. */
  readonly temporary?: string;
}

/** One part of the keys: at most about so many bytes of `history.csv`. */
const PART_BYTES = 24 << 20;
const PARTS = 128;

/**
 * Judges a run again from its directory alone: `plan.json`, `intent.json`, `journal.ndjson`, `history.csv`, `read-back.csv`. The same report
 * for the same files and the same version. An InputError for what is no run directory; what contradicts itself is in `run.defects`.
 */
export async function checkRun(runDirectory: string, options: CheckOptions = {}): Promise<Report> {
  const planPath = join(runDirectory, 'plan.json');
  const { plan, bytes } = readPlan(planPath);
  const defects = new Defects();
  const intent = readIntent(runDirectory, defects);
  compareWithIntent(intent, plan, bytes, defects);
  const journal = readJournal(join(runDirectory, 'journal.ndjson'), intent);
  for (const defect of journal.defects) defects.add('journal.ndjson does not verify', defect);
  if (journal.torn) defects.add('journal.ndjson: the last line is torn', 'ignored');
  const record = readRunRecord(plan, journal.events, defects);
  const directory = mkdtempSync(join(options.temporary ?? tmpdir(), 'drill-check-'));
  try {
    const { timeline, ...report } = judgeFiles(runDirectory, directory, record, defects);
    const dora = doraOf(record, { ...report, timeline }, parsedIntent(intent));
    return reportSchema.parse({ ...report, dora, timeline });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The bytes of `report.json`. */
export function renderReportJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

function judgeFiles(runDirectory: string, directory: string, record: RunRecord, defects: Defects): Report {
  const historyPath = join(runDirectory, 'history.csv');
  const answerPaths = ['read-back.csv', 'restore-test.csv', 'later.csv'].map((name) => join(runDirectory, name));
  const bytes = [historyPath, ...answerPaths].reduce((sum, path) => sum + sizeOf(path), 0);
  const join_ = new KeyJoin(directory, Math.min(PARTS, Math.ceil((bytes + 1) / PART_BYTES)), defects);
  try {
    const census = Census.read(join(runDirectory, 'graph.csv'), record, defects);
    const overwrites = Overwrites.of(record);
    const arrivals = Arrivals.of(record);
    const noteRead = (read: HistoryAttempt): void => {
      overwrites?.noteRead(read);
      arrivals?.noteRead(read);
    };
    const history = loadAll(historyPath, directory, record, defects, {
      onWrite(write) {
        join_.addWrite(write);
        census?.noteWrite(write);
        overwrites?.noteWrite(write);
      },
      onRead: overwrites || arrivals ? noteRead : null,
    });
    try {
      let places: readonly ReadPlace[] = [];
      for (const path of answerPaths) places = loadAnswers(path, defects, join_, places);
      const report = judgeRun(directory, record, defects, history, places, join_, census, arrivals);
      return overwrites && existsSync(historyPath) ? { ...report, lastWriteWins: overwrites.report() } : report;
    } finally {
      for (const { operations } of history.timetables) operations.close();
    }
  } finally {
    join_.close();
  }
}

function judgeRun(
  directory: string,
  record: RunRecord,
  defects: Defects,
  history: LoadedHistory,
  places: readonly ReadPlace[],
  keys: KeyJoin,
  census: Census | null,
  arrivals: Arrivals | null,
): Report {
  const { plan, events } = record;
  const recordEndUs = recordEnd(record, history);
  closeTimetables(history, recordEndUs);
  const lengthUs = Math.max(record.endedUs ?? 0, history.lastCompletionUs, events.at(-1)?.at_us ?? 0);
  const bucketUs = bucketLength(lengthUs);
  const lost = new LostTimeline(bucketUs);
  const canaryKeys = new CanaryKeys(record);
  const restoreTests = new RestoreTestTally(record, places);
  const laterWrites = new LaterTally(record, places);
  const ledger = judgeLedger(record, history, keys, places, canaryKeys, {
    write: ({ acknowledgedUs, lost: isLost }) => lost.add(acknowledgedUs, isLost),
    key(id, key, site) {
      restoreTests.add(id, key);
      laterWrites.add(id, key, site);
    },
  });
  if (ledger.misjudged > 0) {
    defects.add('a write with outcome fail is there: the harness misjudged it', `${ledger.misjudged} keys`);
  }
  const canary = proveInstrument(record, history, recordEndUs, canaryKeys);
  const later = laterWrites.report(ledger.missingFrom);
  const reconciled = reconciledOf(ledger, later);
  const views = judgeViews(record, history, { recordEndUs, bucketUs, directory, reconciled });
  const backups = backupsOf(record, restoreTests);
  const promises = judgePromises(
    record,
    views.map(({ view }) => view),
    backups,
  );
  const ended = eventsOf(events, 'run-ended').at(-1)?.data;
  const outcome = ended?.outcome ?? 'aborted';
  const load = loadOf(record, views);
  const rpo = ledger.rpo;
  const judged = judgeAll(record, { views, rpo, later, canary, load, backups, defects: defects.list(), outcome });
  return {
    schema: 'drill/report/1',
    harness: VERSION,
    run: {
      ...originOf(events),
      scenario: plan.scenario.name,
      title: plan.scenario.title,
      hypothesis: plan.scenario.hypothesis,
      tier: plan.scenario.tier,
      environment: plan.platform.environment,
      length_us: lengthUs,
      outcome,
      reason: ended?.reason ?? 'the journal has no run-ended: the run died, or its record was cut',
      journalHead: events.at(-1)?.hash ?? '',
      defects: defects.list(),
    },
    verdict: judged.verdict,
    reasons: judged.reasons,
    objectives: judged.objectives,
    ...(promises && { promises }),
    faults: record.faults.map(({ report }) => report),
    views: views.map(({ view }) => view),
    ...(load && { load }),
    ...(backups && { backups }),
    rpo: [...rpo],
    ...(later && { later }),
    ...(arrivals && { arrivals: arrivals.report(record, views) }),
    backlogCleared_us: ledger.backlogClearedUs,
    readBack: readAtSites(places).map(({ stage, fault, site, probe, counts, rows }) => ({
      stage,
      fault,
      site,
      probe,
      counts: Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
      rows,
    })),
    ...(census && { integrity: census.report() }),
    canary,
    quality: qualityOf(record, judged.withoutShed),
    facts: factsOf(record),
    notMeasured: notMeasuredOf(record),
    timeline: {
      bucket_us: bucketUs,
      phases: phasesOf(events, lengthUs),
      events: eventLines(events),
      series: views.map(({ series }) => series),
      lost: lost.list(),
    },
  };
}

/** The stages of `read-back.csv`. */
function readAtSites(places: readonly ReadPlace[]): readonly ReadPlace[] {
  return places.filter(({ stage }) => !STAGES_APART.has(stage));
}

/** "The last read-back is done and nothing is missing." */
function reconciledOf({ rpo, backlogClearedUs }: Ledger, later: Later | null): Reconciled {
  if (backlogClearedUs === null) return { why: 'the last read-back was not complete at every site' };
  if (later && missingLater(later).upper > 0)
    return { why: 'writes that were acknowledged since the disaster are missing' };
  return rpo[0]?.lostInAll?.upper === 0 ? { atUs: backlogClearedUs } : { why: 'writes are missing' };
}

function loadAll(
  path: string,
  directory: string,
  record: RunRecord,
  defects: Defects,
  visitor: HistoryVisitor,
): LoadedHistory {
  if (!existsSync(path)) {
    defects.add('history.csv is missing', 'no operation is known');
    return { timetables: [], sites: [], lastCompletionUs: -1, torn: false };
  }
  const history = loadHistory(path, record.timetables, directory, defects, visitor);
  if (history.torn) defects.add('history.csv: the last row is torn', 'ignored');
  return history;
}

function loadAnswers(path: string, defects: Defects, keys: KeyJoin, there: readonly ReadPlace[]): readonly ReadPlace[] {
  // A run that ended before its first read-back has no such file; that its stages are missing is said where they are judged.
  if (!existsSync(path)) return there;
  const { places, torn } = loadReadBack(path, defects, (row) => keys.addRead(row), there);
  if (torn) defects.add(`${basename(path)}: the last row is torn`, 'ignored');
  return places;
}

function originOf(events: readonly JournalEvent[]): Pick<Report['run'], 'id' | 'started'> {
  const started = eventsOf(events, 'run-started')[0];
  if (!started) return { id: '', started: '' };
  const origin = new Date(Date.parse(started.wall) - started.at_us / 1000);
  // A wall clock that says no instant, or one that no calendar has.
  const known = !Number.isNaN(origin.getTime());
  return { id: started.data.run, started: known ? origin.toISOString() : started.wall };
}

function readPlan(path: string): { plan: Plan; bytes: Uint8Array } {
  try {
    const bytes = readFileSync(path);
    return { plan: planSchema.parse(JSON.parse(bytes.toString('utf8'))), bytes };
  } catch (error) {
    throw new InputError(`${path}: expected the plan of a run, got ${messageOf(error)}`, {
      hint: 'Give the directory of a run, such as reports/<scenario>/<time>-<id>.',
      cause: error,
    });
  }
}

function readIntent(runDirectory: string, defects: Defects): Uint8Array {
  try {
    return readFileSync(join(runDirectory, 'intent.json'));
  } catch (error) {
    defects.add('intent.json cannot be read, so the journal has no beginning to be verified from', messageOf(error));
    return new Uint8Array();
  }
}

/** Objectives are hashed before the fault: a plan that was changed since is none to judge by. */
function compareWithIntent(intent: Uint8Array, plan: Plan, planBytes: Uint8Array, defects: Defects): void {
  if (intent.length === 0) return;
  try {
    const other = deviation(intent, plan, planBytes);
    if (other !== null) defects.add('plan.json is another than was declared before the run', `its ${other} differ`);
  } catch (error) {
    defects.add('intent.json cannot be understood', messageOf(error));
  }
}

/** What was declared; null where nothing can be understood, which is a defect already. */
function parsedIntent(intent: Uint8Array): Partial<Intent> | null {
  try {
    return JSON.parse(Buffer.from(intent).toString('utf8')) as Partial<Intent> | null;
  } catch {
    return null;
  }
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}
