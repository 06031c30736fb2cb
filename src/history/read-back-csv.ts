import { csvInteger, csvLine } from './csv.ts';
import { type CsvWriter, openCsvWriter } from './csv-writer.ts';
import { READ_BACK_COLUMNS, READ_BACK_STAGES, READ_BACK_STATES, type ReadBackRow } from './operation.ts';

/** The first line of `read-back.csv`, with its line end. */
export const READ_BACK_HEADER = csvLine(READ_BACK_COLUMNS);

/** One row of `read-back.csv`, with its line end. */
export function formatReadBackRow(row: ReadBackRow): string {
  if (!READ_BACK_STAGES.includes(row.stage)) throw new Error(`column stage: expected a stage, got ${row.stage}`);
  if (!READ_BACK_STATES.includes(row.state)) throw new Error(`column state: expected a state, got ${row.state}`);
  for (const column of ['site', 'probe', 'key'] as const) {
    if (row[column] === '') throw new Error(`column ${column}: expected a name, got none`);
  }
  return csvLine([
    row.stage,
    row.fault,
    row.site,
    row.probe,
    row.key,
    row.state,
    row.valueSha,
    csvInteger('read_us', row.readUs),
  ]);
}

/** Creates `read-back.csv` at `path`. */
export function openReadBackWriter(path: string): Promise<CsvWriter<ReadBackRow>> {
  return openCsvWriter(path, READ_BACK_HEADER, formatReadBackRow);
}
