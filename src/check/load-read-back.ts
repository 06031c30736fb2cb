import { basename } from 'node:path';
import { READ_BACK_STAGES, READ_BACK_STATES, type ReadBackStage } from '../history/operation.ts';
import { READ_BACK_HEADER } from '../history/read-back-csv.ts';
import { ByteNames } from './byte-names.ts';
import { type CsvRecord, readCsv } from './csv-bytes.ts';

import type { Defects } from './defects.ts';
import { memo, memoOfFour } from './memo.ts';

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

type Texts = [fault: string, site: string, probe: string];

export const READ_KEY_COLUMN = 4;
export const READ_VALUE_COLUMN = 6;

/** Reads `read-back.csv`, or a file like it, once and hands over each row; its places come after those that are `there`. */
export function loadReadBack(
  path: string,
  defects: Defects,
  onRow: (row: ReadBackAnswerRow) => void,
  there: readonly ReadPlace[] = [],
): { places: readonly ReadPlace[]; torn: boolean } {
  const places: ReadPlace[] = [...there];
  const file = basename(path);
  const [stages, faults, sites] = [new ByteNames(), new ByteNames(), new ByteNames()];
  const [probes, states] = [new ByteNames(), new ByteNames()];
  const placeAt = memoOfFour((stageName, faultName, siteName, probeName) => {
    const stage = READ_BACK_STAGES.find((known) => known === stages.texts[stageName]);
    const [fault, site, probe] = [faults.texts[faultName], sites.texts[siteName], probes.texts[probeName]] as Texts;
    if (!stage) return -1;
    return places.push({ stage, fault, site, probe, counts: new Map(), rows: 0 }) - 1;
  });
  const stateAt = memo((state) => (READ_BACK_STATES as readonly string[]).indexOf(states.texts[state] as string));
  const columns = [stages, faults, sites, probes, 'text', states, 'text', 'integer'] as const;
  const { torn } = readCsv(path, READ_BACK_HEADER, columns, (record) => {
    const { fields, numbers } = record;
    const problem = (what: string): void => defects.add(`${file}: ${what}`, `line ${record.line}`);
    if (fields !== columns.length) {
      problem(`a row is no record of ${columns.length} columns`);
      return;
    }
    const number = placeAt(numbers[0] as number, numbers[1] as number, numbers[2] as number, numbers[3] as number);
    const state = stateAt(numbers[5] as number);
    const place = places[number];
    if (!place || state < 0 || (numbers[7] as number) < 0) {
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
