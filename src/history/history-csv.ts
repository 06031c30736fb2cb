import { csvInteger, csvLine, parseCsvLine } from './csv.ts';
import { type CsvWriter, openCsvWriter } from './csv-writer.ts';
import { type Attempt, HISTORY_COLUMNS, OUTCOMES } from './operation.ts';

/** The first line of `history.csv`, with its line end. */
export const HISTORY_HEADER = csvLine(HISTORY_COLUMNS);

/** One row of `history.csv`, with its line end. An Error for what no reader would take: a fraction of a microsecond, an `ok` with an error. */
export function formatAttempt(attempt: Attempt): string {
  const { outcome, error, completedUs } = attempt;
  if (!OUTCOMES.includes(outcome)) throw new Error(`column outcome: expected ok, fail or info, got ${outcome}`);
  if ((outcome === 'ok') !== (error === '')) {
    throw new Error(`column error: expected it empty exactly when ok, got '${error}' with ${outcome}`);
  }
  if (outcome === 'ok' && completedUs === null)
    throw new Error('column completed_us: expected a time for an ok, got none');
  for (const column of ['probe', 'site', 'client', 'f'] as const) {
    if (attempt[column] === '') throw new Error(`column ${column}: expected a name, got none`);
  }
  return csvLine([
    csvInteger('index', attempt.index),
    csvInteger('attempt', attempt.attempt, 1),
    attempt.probe,
    attempt.service,
    attempt.site,
    attempt.client,
    attempt.key,
    attempt.f,
    csvInteger('intended_us', attempt.intendedUs),
    csvInteger('invoked_us', attempt.invokedUs),
    completedUs === null ? '' : csvInteger('completed_us', completedUs),
    outcome,
    error,
    attempt.valueSha,
  ]);
}

/** Creates `history.csv` at `path`. Rows go to the file as they come, so that a killed run leaves a readable one. */
export function openHistoryWriter(path: string): Promise<CsvWriter<Attempt>> {
  return openCsvWriter(path, HISTORY_HEADER, formatAttempt);
}

/** One row of `history.csv` as it was formatted. An Error that names the column otherwise. */
export function parseAttempt(line: string): Attempt {
  const fields = parseCsvLine(line);
  if (fields.length !== HISTORY_COLUMNS.length) {
    throw new Error(`expected ${HISTORY_COLUMNS.length} columns, got ${fields.length}: ${line}`);
  }
  const value = (column: (typeof HISTORY_COLUMNS)[number]): string => fields[HISTORY_COLUMNS.indexOf(column)] as string;
  const integer = (column: (typeof HISTORY_COLUMNS)[number], min = 0): number =>
    csvInteger(column, /^\d+$/.test(value(column)) ? Number(value(column)) : Number.NaN, min);
  const outcome = OUTCOMES.find((known) => known === value('outcome'));
  if (!outcome) throw new Error(`column outcome: expected ok, fail or info, got ${value('outcome')}`);
  return {
    index: integer('index'),
    attempt: integer('attempt', 1),
    probe: value('probe'),
    service: value('service'),
    site: value('site'),
    client: value('client'),
    key: value('key'),
    f: value('f'),
    intendedUs: integer('intended_us'),
    invokedUs: integer('invoked_us'),
    completedUs: value('completed_us') === '' ? null : integer('completed_us'),
    outcome,
    error: value('error'),
    valueSha: value('value_sha'),
  };
}
