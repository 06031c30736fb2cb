import { READ_BACK_STAGES, READ_BACK_STATES, type ReadBackStage } from '../history/operation.ts';
import { READ_BACK_HEADER } from '../history/read-back-csv.ts';
import { ByteNames, type CsvRecord, integerField, readCsv, splitFields } from './csv-bytes.ts';
import type { Defects } from './defects.ts';

/** One place where a stage was read: its number is that of its column in the matrix of states. */
export interface ReadPlace {
  readonly stage: ReadBackStage;
  readonly fault: string;
  readonly site: string;
  readonly probe: string;
  readonly counts: Map<string, number>;
  rows: number;
}

/** One row, its key and value as columns of the record that is being read. */
export interface ReadBackAnswerRow {
  readonly record: CsvRecord;
  readonly place: number;
  /** Position in `READ_BACK_STATES`. */
  readonly state: number;
}

export const READ_KEY_COLUMN = 4;
export const READ_VALUE_COLUMN = 6;

/** Reads `read-back.csv` once and hands over each row. */
export function loadReadBack(
  path: string,
  defects: Defects,
  onRow: (row: ReadBackAnswerRow) => void,
): { places: readonly ReadPlace[]; torn: boolean } {
  const places: ReadPlace[] = [];
  const placeNames = new ByteNames((text) => {
    const [stageText = '', fault = '', site = '', probe = ''] = splitFields(text);
    const stage = READ_BACK_STAGES.find((known) => known === stageText);
    const known = places.findIndex(
      (place) => place.stage === stage && place.fault === fault && place.site === site && place.probe === probe,
    );
    if (!stage || known >= 0) return known;
    return places.push({ stage, fault, site, probe, counts: new Map(), rows: 0 }) - 1;
  });
  const states = new ByteNames((text) => (READ_BACK_STATES as readonly string[]).indexOf(text));
  const { torn } = readCsv(path, READ_BACK_HEADER, (record) => {
    const { bytes, starts, ends, fields } = record;
    const problem = (what: string): void => defects.add(`read-back.csv: ${what}`, `line ${record.line}`);
    if (fields !== starts.length) {
      problem(`a row is no record of ${starts.length} columns`);
      return;
    }
    const number = placeNames.get(bytes, starts[0] as number, ends[3] as number);
    const state = states.get(bytes, starts[5] as number, ends[5] as number);
    const place = places[number];
    if (!place || state < 0 || integerField(bytes, starts[7] as number, ends[7] as number) < 0) {
      problem('a row has a stage, a state or a time that is none');
      return;
    }
    const name = READ_BACK_STATES[state] as string;
    place.counts.set(name, (place.counts.get(name) ?? 0) + 1);
    place.rows++;
    onRow({ record, place: number, state });
  });
  return { places, torn };
}
