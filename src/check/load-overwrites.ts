import { HISTORY_HEADER } from '../history/history-csv.ts';
import { CANARY_SERVICE, HISTORY_COLUMNS } from '../history/operation.ts';
import type { Plan } from '../scenario/plan.ts';
import { ByteNames } from './byte-names.ts';
import { type Column, type CsvRecord, readCsv } from './csv-bytes.ts';
import type { Overwrite, RegisterRead } from './last-write-wins.ts';

/** How many registers each probe of a plan overwrites; probes without are not in it. */
export function registersOf({ timetables }: Pick<Plan, 'timetables'>): ReadonlyMap<string, number> {
  return new Map(
    timetables.flatMap(({ probe, params: { registers } }) =>
      typeof registers === 'number' ? [[probe, registers]] : [],
    ),
  );
}

interface Attempts {
  readonly key: string;
  readonly register: number;
  invokedUs: number;
  overUs: number;
  acknowledged: { site: string; us: number } | null;
}

interface Found {
  readonly key: string;
  readonly site: string;
  readonly invokedUs: number;
  readonly sha: string;
}

const at = (column: (typeof HISTORY_COLUMNS)[number]): number => HISTORY_COLUMNS.indexOf(column);

/**
 * The overwrites of one probe and what its reads found, from `history.csv`. Write `k` of a timetable overwrites register ⌊k/2⌋ modulo `registers`; a
 * read reads the register of the write whose key it has, and its `value_sha` is that of the write it found. Of the canary's rows, and of keys that no
 * row wrote, nothing.
 */
export function loadOverwrites(
  path: string,
  probe: string,
  registers: number,
): { readonly writes: readonly Overwrite[]; readonly reads: readonly RegisterRead[] } {
  const byKey = new Map<string, Attempts>();
  const bySha = new Map<string, Attempts>();
  const found: Found[] = [];
  const [probes, services, sites, words, outcomes] = [
    new ByteNames(),
    new ByteNames(),
    new ByteNames(),
    new ByteNames(),
    new ByteNames(),
  ];
  const columns = HISTORY_COLUMNS.map((column): Column => {
    if (column === 'probe') return probes;
    if (column === 'service') return services;
    if (column === 'site') return sites;
    if (column === 'f') return words;
    if (column === 'outcome') return outcomes;
    return column === 'index' || column.endsWith('_us') ? 'integer' : 'text';
  });
  const visit = (record: CsvRecord): void => {
    const { starts, ends, numbers, bytes } = record;
    if (record.fields !== starts.length) return;
    const name = (names: ByteNames, column: (typeof HISTORY_COLUMNS)[number]): string =>
      names.texts[numbers[at(column)] as number] ?? '';
    const text = (column: (typeof HISTORY_COLUMNS)[number]): string =>
      bytes.toString('utf8', starts[at(column)], ends[at(column)]);
    if (name(probes, 'probe') !== probe || name(services, 'service') === CANARY_SERVICE) return;
    const outcome = name(outcomes, 'outcome');
    const [key, site, sha] = [text('key'), name(sites, 'site'), text('value_sha')];
    const invokedUs = numbers[at('invoked_us')] as number;
    const completedUs = numbers[at('completed_us')] as number;
    if (name(words, 'f') === 'read') {
      if (outcome === 'ok') found.push({ key, site, invokedUs, sha });
      return;
    }
    const register = Math.floor((numbers[at('index')] as number) / 2) % registers;
    const write = byKey.get(key) ?? { key, register, invokedUs, overUs: -1, acknowledged: null };
    byKey.set(key, write);
    // What was never sent has no checksum to be found by.
    if (sha !== '') bySha.set(sha, write);
    write.invokedUs = Math.min(write.invokedUs, invokedUs);
    write.overUs = Math.max(write.overUs, outcome === 'info' ? Number.POSITIVE_INFINITY : completedUs);
    const first = outcome === 'ok' && (write.acknowledged === null || completedUs < write.acknowledged.us);
    if (first) write.acknowledged = { site, us: completedUs };
  };
  readCsv(path, HISTORY_HEADER, columns, visit);
  const reads = found.flatMap(({ key, site, invokedUs, sha }): RegisterRead[] => {
    const [asked, winner] = [byKey.get(key), bySha.get(sha)];
    return asked && winner ? [{ register: asked.register, site, invokedUs, found: winner }] : [];
  });
  // What was not acknowledged, and is there all the same, may have come at any time.
  for (const write of byKey.values()) if (write.acknowledged === null) write.overUs = Number.POSITIVE_INFINITY;
  return { writes: [...byKey.values()], reads };
}
