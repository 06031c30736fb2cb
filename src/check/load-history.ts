import { join } from 'node:path';
import { EvidenceError } from '../errors.ts';
import type { EventData, TimetableId } from '../history/event.ts';
import { HISTORY_HEADER } from '../history/history-csv.ts';
import { timetableKey } from '../history/timetable.ts';
import { ByteNames } from './byte-names.ts';
import { type Column, type CsvRecord, readCsv } from './csv-bytes.ts';
import type { Defects } from './defects.ts';
import { memo, memoOfFour } from './memo.ts';
import { FAIL, INFO, OK } from './operations.ts';
import { LIMITS, packMeta, RecordFile } from './record-file.ts';

/** A timetable as the journal has it. `last` null: it never ended. */
export interface StartedTimetable {
  readonly started: EventData['timetable-started'];
  readonly last: number | null;
}

export interface LoadedTimetable extends StartedTimetable {
  readonly id: TimetableId;
  readonly operations: RecordFile;
  /** Attempts. */
  rows: number;
  /** The largest slot that has a row, -1 when none has. */
  lastRow: number;
}

/** One attempt that was placed, its key and checksum as columns of the record that is being read. */
export interface HistoryAttempt {
  readonly record: CsvRecord;
  readonly timetable: number;
  readonly site: number;
  readonly siteName: string;
  readonly index: number;
  readonly attempt: number;
  readonly outcome: number;
  readonly invokedUs: number;
  /** NaN when there is none. */
  readonly completedUs: number;
}

const OUTCOME_CODES: ReadonlyMap<string, number> = new Map([
  ['ok', OK],
  ['fail', FAIL],
  ['info', INFO],
]);

/** Positions are 31-bit integers. */
const MAX_SLOT = 0x7fffffff;

export const KEY_COLUMN = 6;
export const ERROR_COLUMN = 12;
export const VALUE_COLUMN = 13;

export interface LoadedHistory {
  readonly timetables: readonly LoadedTimetable[];
  /** By their numbers in `HistoryAttempt`. */
  readonly sites: readonly string[];
  /** The latest completion of any row; -1 when there is none. */
  readonly lastCompletionUs: number;
  readonly torn: boolean;
}

/** Told of each attempt that was placed: of writes, and of all others where somebody asks for them. */
export interface HistoryVisitor {
  readonly onWrite: (attempt: HistoryAttempt) => void;
  readonly onRead: ((attempt: HistoryAttempt) => void) | null;
}

/**
 * Reads `history.csv` once, and places every attempt at its operation in files under `directory`. What contradicts the timetables or itself is a
 * defect, and left out. Close each timetable's `operations` afterwards.
 */
export function loadHistory(
  path: string,
  started: readonly StartedTimetable[],
  directory: string,
  defects: Defects,
  { onWrite, onRead }: HistoryVisitor,
): LoadedHistory {
  const sites: string[] = [];
  const errors: string[] = [''];
  const timetables = started.map((timetable, number): LoadedTimetable => {
    const { start_us: startUs, rate, timeout_us: timeoutUs } = timetable.started;
    const file = join(directory, `operations-${number}`);
    const { probe, service, site, client } = timetable.started;
    return {
      ...timetable,
      id: { probe, service, site: service === '' ? site : '', client },
      operations: new RecordFile({ path: file, startUs, rate, timeoutUs, sites, errors, bySlot: true }),
      rows: 0,
      lastRow: -1,
    };
  });
  const byKey = new Map(timetables.map(({ id }, number) => [timetableKey(id), number]));
  const numberOf = (list: string[], limit: number, what: string, text: string): number => {
    const known = list.indexOf(text);
    if (known >= 0) return known;
    if (list.length === limit) throw new EvidenceError(`${path}: expected fewer than ${limit} different ${what}`);
    return list.push(text) - 1;
  };
  const [probes, services, siteNames, clients] = [new ByteNames(), new ByteNames(), new ByteNames(), new ByteNames()];
  const [writes, outcomes, errorNames] = [new ByteNames(), new ByteNames(), new ByteNames()];
  const timetableAt = memoOfFour((probe, service, site, client) => {
    const id = {
      probe: probes.texts[probe] as string,
      service: services.texts[service] as string,
      site: siteNames.texts[site] as string,
      client: clients.texts[client] as string,
    };
    return byKey.get(timetableKey(id)) ?? -1;
  });
  const siteAt = memo((site) => numberOf(sites, LIMITS.sites, 'sites', siteNames.texts[site] as string));
  const errorAt = memo((error) => numberOf(errors, LIMITS.errors, 'errors', errorNames.texts[error] as string));
  const outcomeAt = memo((outcome) => OUTCOME_CODES.get(outcomes.texts[outcome] as string) ?? -1);
  const isWrite = timetables.map((timetable) => new Set(timetable.started.writes));
  const late = new Set<string>();
  let lastCompletionUs = -1;

  /** Null, or why the row is left out. */
  const place = (record: CsvRecord): string | null => {
    const { starts, ends, numbers } = record;
    if (record.fields !== starts.length) return `a row is no record of ${starts.length} columns`;
    const index = numbers[0] as number;
    const attempt = numbers[1] as number;
    const intendedUs = numbers[8] as number;
    const invokedUs = numbers[9] as number;
    const unanswered = starts[10] === ends[10];
    const completedUs = unanswered ? Number.NaN : (numbers[10] as number);
    const outcome = outcomeAt(numbers[11] as number);
    if (index < 0 || attempt < 1 || intendedUs < 0 || invokedUs < 0 || completedUs < 0 || outcome < 0) {
      return 'a row has a number or an outcome that is none';
    }
    if (index > MAX_SLOT) return 'a row is of a slot that no timetable reaches';
    const number = timetableAt(numbers[2] as number, numbers[3] as number, numbers[4] as number, numbers[5] as number);
    const timetable = timetables[number];
    if (!timetable) return 'a row belongs to no timetable of the journal';
    const error = errorAt(numbers[12] as number);
    if ((outcome === OK) !== (error === 0)) return 'a row is ok with an error, or not ok without one';
    if (outcome === OK && unanswered) return 'a row is ok without a completion';
    if (completedUs < invokedUs || completedUs < timetable.operations.slotUs(index))
      return 'a row has its times out of order';
    if (timetable.last !== null && index > timetable.last) return 'a row is of a slot after the end of its timetable';
    // Another rounding of ⌊k·10⁶/rate⌋ is no contradiction; the timetable's own instant counts.
    const slotUs = timetable.operations.slotUs(index);
    if (attempt === 1 && Math.abs(intendedUs - slotUs) > 1) {
      return 'a row is intended at another instant than its slot';
    }
    if (attempt > LIMITS.attempts) return `a row is of an attempt after the ${LIMITS.attempts}th`;
    const write = isWrite[number]?.has(writes.texts[numbers[7] as number] ?? '') ?? false;
    const site = siteAt(numbers[4] as number);
    const shed = outcome === FAIL && errors[error] === 'shed';
    const meta = packMeta({ outcome, shed, write, site, error, attempt });
    const repeated = attempt >= 32 && late.size === late.add(`${number}/${index}/${attempt}`).size;
    if (repeated || !timetable.operations.place(index, attempt, meta, invokedUs, completedUs)) {
      return 'an attempt of an operation has more than one row: the run is invalid';
    }
    timetable.rows++;
    if (index > timetable.lastRow) timetable.lastRow = index;
    if (completedUs > lastCompletionUs) lastCompletionUs = completedUs;
    const tell = write ? onWrite : onRead;
    if (tell) {
      const siteName = sites[site] as string;
      tell({ record, timetable: number, site, siteName, index, attempt, outcome, invokedUs, completedUs });
    }
    return null;
  };
  const visit = (record: CsvRecord): void => {
    const problem = place(record);
    if (problem !== null) defects.add(`history.csv: ${problem}`, `line ${record.line}`);
  };
  const columns: Column[] = [
    'integer',
    'integer',
    probes,
    services,
    siteNames,
    clients,
    'text',
    writes,
    'integer',
    'integer',
    'integer',
    outcomes,
    errorNames,
    'text',
  ];
  const { torn } = readCsv(path, HISTORY_HEADER, columns, visit);
  return { timetables, sites, lastCompletionUs, torn };
}

/** A column of an attempt that is a text. */
export function textOf({ record }: HistoryAttempt, column: number): string {
  return record.bytes.toString('utf8', record.starts[column], record.ends[column]);
}

/** The operations without those that the harness could not send, and without gaps. */
export function withoutShed(
  timetable: LoadedTimetable,
  history: LoadedHistory,
  directory: string,
  number: number,
): RecordFile {
  const { operations } = timetable;
  const { start_us: startUs, rate, timeout_us: timeoutUs } = timetable.started;
  const sent = new RecordFile({
    path: join(directory, `sent-${number}`),
    startUs,
    rate,
    timeoutUs,
    sites: history.sites,
    errors: operations.errorNames,
    bySlot: false,
  });
  for (let position = 0; position < operations.length; position++) {
    if (!operations.missing(position)) sent.append(operations, position);
  }
  return sent;
}
