import { existsSync } from 'node:fs';
import {
  CENSUS_COLUMNS,
  CENSUS_HEADER,
  CENSUS_STAGES,
  type CensusEntry,
  type CensusStage,
  censusRow,
} from '../history/census.ts';
import { eventsOf } from '../history/read-journal.ts';
import { readCsv } from './csv-bytes.ts';
import type { Defects } from './defects.ts';
import { type Anomaly, compareSites, type Integrity, inspect, transactionOf } from './integrity.ts';
import type { IntegrityReport } from './integrity-schema.ts';
import { type HistoryAttempt, KEY_COLUMN } from './load-history.ts';
import { OK } from './operations.ts';
import type { RunRecord } from './run-record.ts';

const LISTED = 1_000;
const EVERYWHERE = '';
/** Whose acknowledged writes are transactions of the census. */
const TRANSACTION_PROBE = 'gremlin';
/** Whose accounts all services share. */
const PURSE_PROBE = 'transfers';
const NOTHING: Integrity = { vertices: 0, edges: 0, transactions: 0, whole: 0, purses: 0, customers: 0, anomalies: [] };

interface Place {
  readonly stage: CensusStage;
  readonly site: string;
  readonly complete: boolean;
  readonly note: string;
  readonly integrity: Integrity;
}

interface Found extends Anomaly {
  readonly site: string;
}

/**
 * Judges what stands in `graph.csv`: the graph as each site has it, whole or not. Made before the history is read, so that it can be told which
 * of what is wrong was acknowledged.
 */
export class Census {
  private readonly places: readonly Place[];
  private readonly found: readonly Found[];
  private readonly old: number;
  private readonly keys: ReadonlySet<string>;
  private readonly acknowledged = new Set<string>();
  /** Of which anything is at any site; null: not every site was looked over to the end. */
  private readonly there: ReadonlySet<string> | null;
  /** What the canary deleted on purpose. */
  private readonly deleted: ReadonlySet<string>;
  private readonly probes: readonly string[];
  private readonly absent = new Set<string>();
  /** From the begin of each backup that was restored to the end of its restore: what was acknowledged then a restore leaves out. */
  private readonly leftOut: readonly { readonly fromUs: number; readonly toUs: number }[];
  private readonly restoredOver = new Set<string>();

  /** Null: the plan asks for none. */
  static read(path: string, record: RunRecord, defects: Defects): Census | null {
    return record.plan.integrity.scan ? new Census(path, record, defects) : null;
  }

  private constructor(path: string, record: RunRecord, defects: Defects) {
    const entries = loadEntries(path, defects);
    this.places = placesOf(record, entries, defects);
    const known = new Set(this.places.map(({ stage, site }) => placeName(stage, site)));
    for (const name of entries.keys()) {
      if (!known.has(name)) defects.add('graph.csv: rows of a census that the journal does not know', name);
    }
    const before = countsOf(this.anomaliesAt('before', entries));
    const after = [...this.anomaliesAt('after', entries), ...lackingPurses(record, this.places)];
    // As many as were there before, the same in every word.
    this.found = after.filter((one) => {
      const left = before.get(nameOf(one)) ?? 0;
      before.set(nameOf(one), left - 1);
      return left <= 0;
    });
    this.old = after.length - this.found.length;
    this.keys = new Set(this.found.map(({ key }) => key));
    this.there = this.isComplete('after') ? keysOf(record, entries) : null;
    this.deleted = new Set(eventsOf(record.events, 'canary-injected').flatMap(({ data }) => data.deleted));
    this.leftOut = restoredSpans(record);
    this.probes = record.timetables.map(({ started }) => started.probe);
  }

  /** Sites are compared only where each was looked over to the end. */
  private anomaliesAt(stage: CensusStage, entries: Entries): readonly Found[] {
    const places = this.places.filter((place) => place.stage === stage);
    const each = places.flatMap(({ site, integrity }) => integrity.anomalies.map((one) => ({ ...one, site })));
    if (!this.isComplete(stage)) return each;
    const bySite = new Map(places.map(({ site }) => [site, entries.get(placeName(stage, site)) ?? []]));
    return [...each, ...compareSites(bySite).map((one) => ({ ...one, site: EVERYWHERE }))];
  }

  private isComplete(stage: CensusStage): boolean {
    return this.places.every((place) => place.stage !== stage || place.complete);
  }

  noteWrite({ record, timetable, outcome, completedUs }: HistoryAttempt): void {
    if (outcome !== OK) return;
    const isTransaction = this.there !== null && this.probes[timetable] === TRANSACTION_PROBE;
    if (this.keys.size === 0 && !isTransaction) return;
    const key = record.bytes.toString('utf8', record.starts[KEY_COLUMN], record.ends[KEY_COLUMN]);
    if (this.keys.has(key)) this.acknowledged.add(key);
    if (!isTransaction || this.there?.has(key) || this.deleted.has(key)) return;
    const leftOut = this.leftOut.some(({ fromUs, toUs }) => completedUs >= fromUs && completedUs < toUs);
    (leftOut ? this.restoredOver : this.absent).add(key);
  }

  report(): IntegrityReport {
    const { places } = this;
    const found = [...this.found, ...[...this.absent].map(absentAnywhere)];
    for (const key of this.absent) this.acknowledged.add(key);
    const told = found
      .map((one) => ({ ...one, elements: [...one.elements], acknowledged: this.acknowledged.has(one.key) }))
      .sort((a, b) => Number(b.acknowledged) - Number(a.acknowledged));
    const lacking = places.filter(({ stage, complete }) => !complete && stage !== 'during');
    // Of what was damaged before nobody knows what this run has done to it.
    const known = lacking.length === 0 && this.old === 0;
    const state = found.length > 0 ? 'damaged' : known ? 'whole' : 'unknown';
    return {
      state,
      note: lacking.map(({ stage, site, note }) => `${stage} the run at ${site}: ${note}`).join('; '),
      places: places.map(({ stage, site, complete, note, integrity }) => {
        const { vertices, edges, transactions, whole, purses, customers, anomalies } = integrity;
        const counts = [...Map.groupBy(anomalies, ({ kind }) => kind)].map(([kind, of]) => [kind, of.length] as const);
        return {
          stage,
          site,
          complete,
          note,
          vertices,
          edges,
          transactions,
          whole,
          purses,
          ...(customers > 0 && { customers }),
          anomalies: Object.fromEntries(counts) as IntegrityReport['places'][number]['anomalies'],
        };
      }),
      found: told.slice(0, LISTED),
      omitted: Math.max(0, told.length - LISTED),
      acknowledgedDamaged: this.acknowledged.size,
      old: this.old,
      ...(this.restoredOver.size > 0 && { restoredOver: this.restoredOver.size }),
    };
  }
}

function restoredSpans({ events, faults }: RunRecord): { fromUs: number; toUs: number }[] {
  const taken = eventsOf(events, 'backup-taken').map(({ data }) => data);
  return eventsOf(events, 'restored').flatMap(({ data: { backup, fault } }) => {
    const fromUs = taken.find((one) => one.backup === backup)?.from_us;
    const toUs = faults.find(({ report }) => report.id === fault)?.report.gone?.notAfter_us;
    return fromUs === undefined || toUs === undefined ? [] : [{ fromUs, toUs }];
  });
}

function absentAnywhere(key: string): Found {
  return {
    kind: 'absent-transaction',
    site: EVERYWHERE,
    elements: [],
    key,
    note: 'acknowledged, and nothing of it is at any site',
  };
}

/** Every transaction of which anything stands at any site after the run. */
function keysOf({ plan }: RunRecord, entries: Entries): ReadonlySet<string> {
  const after = plan.platform.sites.flatMap(({ name }) => entries.get(placeName('after', name)) ?? []);
  return new Set(after.filter(({ key }) => key !== '').map(({ key }) => transactionOf(key)));
}

type Entries = ReadonlyMap<string, readonly CensusEntry[]>;

function placeName(stage: string, site: string): string {
  return `${stage} ${site}`;
}

function nameOf({ kind, site, elements, key, note }: Found): string {
  return JSON.stringify([kind, site, key, note, ...elements]);
}

function countsOf(found: readonly Found[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of found) counts.set(nameOf(one), (counts.get(nameOf(one)) ?? 0) + 1);
  return counts;
}

/** Accounts that are gone take what was in them out of both sums: they must all be there. */
function lackingPurses({ plan }: RunRecord, places: readonly Place[]): readonly Found[] {
  const counts = Object.values(plan.services).flatMap(({ probe, params }) =>
    probe === PURSE_PROBE ? [Number(params.purses)] : [],
  );
  const expected = Math.max(0, ...counts);
  return places.flatMap(({ stage, site, complete, integrity }) => {
    if (stage !== 'after' || !complete || integrity.purses === expected) return [];
    const note = `${integrity.purses} accounts are there of ${expected}`;
    return [{ kind: 'total-not-conserved' as const, site, elements: [], key: '', note }];
  });
}

function loadEntries(path: string, defects: Defects): Entries {
  const entries = new Map<string, CensusEntry[]>();
  if (!existsSync(path)) return entries;
  const seen = new Set<string>();
  const columns = CENSUS_COLUMNS.map(() => 'text' as const);
  const { torn } = readCsv(path, CENSUS_HEADER, columns, ({ bytes, starts, ends, fields, line }) => {
    const texts = Array.from({ length: Math.max(0, fields) }, (_, i) => bytes.toString('utf8', starts[i], ends[i]));
    const row = censusRow(texts);
    if (!row) return defects.add('graph.csv: a row is no entry of a census', `line ${line}`);
    const name = placeName(row.stage, row.site);
    const list = entries.get(name) ?? [];
    entries.set(name, list);
    // Several cells of one vertex may be unreadable.
    const again = row.kind !== 'unreadable' && seen.size === seen.add(JSON.stringify(texts)).size;
    if (again) defects.add('graph.csv: an entry stands there twice', `line ${line}`);
    else list.push(row);
  });
  if (torn) defects.add('graph.csv: the last row is torn', 'ignored');
  return entries;
}

/** Every place that the plan asks for. What the journal does not vouch for is not complete. */
function placesOf({ plan, events }: RunRecord, entries: Entries, defects: Defects): readonly Place[] {
  const taken = eventsOf(events, 'graph-census').map(({ data }) => data);
  const probes = new Set(taken.map(({ probe }) => probe));
  return CENSUS_STAGES.flatMap((stage) =>
    plan.platform.sites.flatMap(({ name: site }): Place[] => {
      const rows = entries.get(placeName(stage, site)) ?? [];
      const said = taken.filter((one) => one.stage === stage && one.site === site);
      // Only some faults are looked at while they hold.
      if (said.length === 0 && stage === 'during') return [];
      const lacking = said.length === 0 || said.length < probes.size;
      if (lacking) return [{ stage, site, complete: false, note: 'not looked over', integrity: NOTHING }];
      const complete = said.every((one) => one.complete);
      const expected = said.reduce((sum, one) => sum + one.rows, 0);
      const observed = said
        .map((one) => one.observed)
        .filter(Boolean)
        .join('; ');
      if (complete && rows.length !== expected) {
        defects.add(
          'graph.csv has not what the journal says',
          `${stage} at ${site}: ${rows.length} rows of ${expected}`,
        );
      }
      const integrity = complete ? inspect(rows) : NOTHING;
      return [{ stage, site, complete: complete && rows.length === expected, note: observed, integrity }];
    }),
  );
}
