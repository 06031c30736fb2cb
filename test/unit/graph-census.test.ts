import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkRun } from '../../src/check/check.ts';
import type { Report } from '../../src/check/report-schema.ts';
import { CENSUS_HEADER, type CensusEntry, type CensusStage, formatCensusRow } from '../../src/history/census.ts';
import { checksum } from '../../src/history/checksum.ts';
import type { OracleEvent } from './oracle/input.ts';
import { inputOf, S, slot } from './support/by-hand.ts';
import { writeRun } from './support/write-run.ts';

const SITES = ['paris', 'london'] as const;
type Site = (typeof SITES)[number];

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drill-census-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The first write of the run by hand that was acknowledged, as the graph would have it. */
const input = inputOf({});
const KEY = input.attempts.find(({ f, outcome, service }) => f === 'write' && outcome === 'ok' && service === 'ledger')
  ?.key as string;

function whole(key: string, ids: readonly [string, string, string] = ['1', '2', '9']): CensusEntry[] {
  const none = { vertex: '', other: '', value: '' };
  const value = `0 ${checksum(key, 0)}`;
  const [from, to, edge] = ids;
  return [
    { kind: 'vertex', element: from, ...none, key: `${key}#from` },
    { kind: 'vertex', element: to, ...none, key: `${key}#to` },
    { kind: 'out', element: edge, vertex: from, other: to, key, value },
    { kind: 'in', element: edge, vertex: to, other: from, key, value },
    { kind: 'vertex-index', element: from, ...none, key: `${key}#from` },
    { kind: 'vertex-index', element: to, ...none, key: `${key}#to` },
    { kind: 'edge-index', element: edge, vertex: from, other: to, key, value: '' },
  ];
}

const half = (key: string): CensusEntry[] => whole(key).filter(({ kind }) => kind !== 'in');

interface Taken {
  readonly stage: CensusStage;
  readonly site: Site;
  readonly entries: readonly CensusEntry[];
  readonly complete?: boolean;
  /** What the journal says, where it is something else. */
  readonly said?: number;
}

/** The report of a run whose graph was looked over so. */
function checked(
  taken: readonly Taken[],
  change: (text: string) => string = (text) => text,
  of: typeof input = input,
): Promise<Report> {
  const events = taken.map(({ stage, site, entries, complete = true, said }): OracleEvent => {
    const data = { stage, site, probe: 'gremlin', rows: said ?? entries.length, complete };
    const observed = complete ? '' : 'no answer in time';
    return { at_us: (stage === 'before' ? 0 : 40) * S, type: 'graph-census', data: { ...data, observed } };
  });
  const plan = { ...of.plan, integrity: { scan: true } };
  const end = of.events.filter(({ type }) => type === 'run-ended').map((event) => ({ ...event, at_us: 50 * S }));
  const others = of.events.filter(({ type }) => type !== 'run-ended');
  writeRun(dir, { ...of, plan, events: [...others, ...events, ...end] });
  const rows = taken.flatMap(({ stage, site, entries }) =>
    entries.map((entry) => formatCensusRow({ stage, site, ...entry })),
  );
  writeFileSync(join(dir, 'graph.csv'), change(CENSUS_HEADER + rows.join('')));
  return checkRun(dir);
}

const everywhere = (stage: CensusStage, entries: readonly CensusEntry[]): Taken[] =>
  SITES.map((site) => ({ stage, site, entries }));

describe('the census of the graph', () => {
  it('is no part of a report whose plan does not ask for it', async () => {
    writeRun(dir, input);
    expect((await checkRun(dir)).integrity).toBeUndefined();
  });

  it('finds nothing where all is whole, and changes no verdict where something is damaged', async () => {
    const good = await checked([...everywhere('before', []), ...everywhere('after', whole(KEY))]);
    expect(good.integrity).toMatchObject({
      state: 'whole',
      found: [],
      omitted: 0,
      acknowledgedDamaged: 0,
      old: 0,
      note: '',
    });
    expect(good.integrity?.places.map(({ stage, site, whole: n, edges }) => [stage, site, n, edges])).toEqual([
      ['before', 'paris', 0, 0],
      ['before', 'london', 0, 0],
      ['after', 'paris', 1, 1],
      ['after', 'london', 1, 1],
    ]);
    const bad = await checked([...everywhere('before', []), ...everywhere('after', half(KEY))]);
    expect(bad.verdict).toBe(good.verdict);
    expect(bad.run.defects).toEqual(good.run.defects);
    expect(bad.integrity).toMatchObject({ state: 'damaged', acknowledgedDamaged: 1 });
    expect(bad.integrity?.found.map(({ kind, site, key, acknowledged }) => [kind, site, key, acknowledged])).toEqual(
      SITES.flatMap((site) => [
        ['one-ended-edge', site, KEY, true],
        ['partial-transaction', site, KEY, true],
      ]),
    );
  });

  it('tells what was acknowledged in this run from what was not', async () => {
    const found = (await checked([...everywhere('before', []), ...everywhere('after', half('another/0'))])).integrity;
    expect(found).toMatchObject({ state: 'damaged', acknowledgedDamaged: 0 });
    expect(found?.found.every(({ acknowledged }) => !acknowledged)).toBe(true);
  });

  it('does not lay at the run’s door what was there before it', async () => {
    const old = whole('earlier/0', ['3', '4', '8']).filter(({ kind }) => kind !== 'in');
    const found = (await checked([...everywhere('before', old), ...everywhere('after', [...old, ...whole(KEY)])]))
      .integrity;
    expect(found).toMatchObject({ state: 'unknown', found: [], old: 4 });
  });

  it('hides no new damage behind what was there before, under the same key', async () => {
    const old = whole('earlier/0', ['3', '4', '8']);
    const lacking = (kinds: readonly string[]): CensusEntry[] => old.filter(({ kind }) => !kinds.includes(kind));
    const before = everywhere('before', lacking(['edge-index']));
    const same = (await checked([...before, ...everywhere('after', lacking(['edge-index']))])).integrity;
    expect(same).toMatchObject({ state: 'unknown', found: [] });
    const worse = (await checked([...before, ...everywhere('after', lacking(['edge-index', 'vertex-index']))]))
      .integrity;
    expect(worse?.state).toBe('damaged');
    expect(worse?.found.map(({ kind, note }) => [kind, note])).toContainEqual([
      'partial-transaction',
      'missing: from in the index, to in the index, edge in the index',
    ]);
    const cell: CensusEntry = { kind: 'unreadable', element: '3', vertex: '', other: '', key: '', value: '' };
    const more = [...everywhere('before', [...old, cell]), ...everywhere('after', [...old, cell, cell, cell])];
    const cells = (await checked(more)).integrity?.found.filter(({ kind }) => kind === 'unreadable-cell');
    expect(cells).toHaveLength(2 * SITES.length);
  });

  it('misses accounts that are gone: they take what was in them out of both sums', async () => {
    const service = { ...Object.values(input.plan.services)[0], probe: 'transfers', params: { purses: 2 } };
    const of = { ...input, plan: { ...input.plan, services: { ...input.plan.services, service } } } as typeof input;
    const purse = (id: string): CensusEntry => ({
      ...{ kind: 'purse', element: id, vertex: '', other: '', key: `run/purse/${id}`, value: '1000 1000 0 0' },
    });
    const taken = (n: number): Taken[] => [
      ...everywhere('before', []),
      ...everywhere('after', ['1', '2'].slice(0, n).map(purse)),
    ];
    const all = (await checked(taken(2), (text) => text, of)).integrity;
    expect([all?.state, all?.places.at(-1)?.purses]).toEqual(['whole', 2]);
    const lacking = (await checked(taken(1), (text) => text, of)).integrity;
    expect(lacking?.found.map(({ kind, site, note }) => [kind, site, note])).toEqual(
      SITES.map((site) => ['total-not-conserved', site, '1 accounts are there of 2']),
    );
  });

  it('compares the sites', async () => {
    const after: Taken[] = [
      { stage: 'after', site: 'paris', entries: whole(KEY) },
      { stage: 'after', site: 'london', entries: [] },
    ];
    const found = (await checked([...everywhere('before', []), ...after])).integrity;
    expect(found?.found).toEqual([
      {
        kind: 'sites-differ',
        site: '',
        elements: [],
        key: KEY,
        acknowledged: true,
        note: 'paris: 7 parts; london: nothing',
      },
    ]);
  });

  it('misses acknowledged transactions of which nothing is at any site, but for those that the canary deleted', async () => {
    const graph = inputOf({ table: { probe: 'gremlin' } });
    const acknowledged = graph.attempts.filter(
      ({ f, outcome, probe }) => f === 'write' && outcome === 'ok' && probe === 'gremlin',
    );
    const deleted = new Set(graph.events.flatMap((one) => (one.type === 'canary-injected' ? one.data.deleted : [])));
    const keys = [...new Set(acknowledged.map(({ key }) => key))].filter((key) => !deleted.has(key));
    expect([keys.length > 10, deleted.size > 0]).toEqual([true, true]);
    const some = keys
      .slice(3)
      .flatMap((key, n) =>
        whole(key, [`${3 * n + 1}`, `${3 * n + 2}`, `${3 * n + 3}`]).map((entry) => ({ ...entry, value: '' })),
      );
    const found = (await checked([...everywhere('before', []), ...everywhere('after', some)], (text) => text, graph))
      .integrity;
    const absent = found?.found.filter(({ kind }) => kind === 'absent-transaction');
    expect(absent?.map(({ key, acknowledged: ok, site }) => [key, ok, site])).toEqual(
      keys.slice(0, 3).map((key) => [key, true, '']),
    );
    const none = (await checked([...everywhere('before', []), ...everywhere('after', [])], (text) => text, graph))
      .integrity;
    expect([none?.state, none?.acknowledgedDamaged]).toEqual(['damaged', keys.length]);
  });

  it('takes what a restore left out for lost, and not for damage: acknowledged since the backup began, until its restore was over', async () => {
    const graph = inputOf({ table: { probe: 'gremlin' } });
    const own = graph.attempts.filter(
      ({ f, outcome, service }) => f === 'write' && outcome === 'ok' && service === 'ledger',
    );
    const keys = own.map(({ key }) => key);
    const there = keys
      .slice(3)
      .flatMap((key, n) =>
        whole(key, [`${3 * n + 1}`, `${3 * n + 2}`, `${3 * n + 3}`]).map((one) => ({ ...one, value: '' })),
      );
    const taken = { backup: 'hourly', mode: 'full', tool: 'x', from_us: slot(1), to_us: slot(2), nodes: [] } as const;
    const more: OracleEvent[] = [
      { at_us: slot(2), type: 'backup-taken', data: taken },
      { at_us: 15 * S, type: 'restored', data: { fault: 'site-loss-1', backup: 'hourly', nodes: [] } },
    ];
    const of = { ...graph, events: [...graph.events, ...more].toSorted((a, b) => a.at_us - b.at_us) };
    const found = (await checked([...everywhere('before', []), ...everywhere('after', there)], (text) => text, of))
      .integrity;
    expect(found?.restoredOver).toBe(2);
    const absent = found?.found.filter(({ kind }) => kind === 'absent-transaction').map(({ key }) => key);
    expect(absent).toContain(keys[0]);
    expect(absent).not.toContain(keys[1]);
    expect(absent).not.toContain(keys[2]);
  });

  it('is unknown where a site was not looked over, or not to the end; what is wrong elsewhere is wrong', async () => {
    const [paris, london] = everywhere('after', whole(KEY)) as [Taken, Taken];
    const lacking = (await checked([...everywhere('before', []), paris])).integrity;
    expect(lacking).toMatchObject({ state: 'unknown', note: 'after the run at london: not looked over' });
    const cut = (await checked([...everywhere('before', []), paris, { ...london, entries: [], complete: false }]))
      .integrity;
    expect(cut).toMatchObject({ state: 'unknown', note: 'after the run at london: no answer in time', found: [] });
    const damaged = await checked([...everywhere('before', []), { ...paris, entries: half(KEY) }]);
    expect(damaged.integrity?.state).toBe('damaged');
  });

  it('does not believe a file that has not what the journal says, or what is no census', async () => {
    const short = await checked([
      ...everywhere('before', []),
      { stage: 'after', site: 'paris', entries: whole(KEY) },
      { stage: 'after', site: 'london', entries: [], said: 7 },
    ]);
    expect(short.integrity?.state).toBe('unknown');
    expect(short.run.defects.join()).toContain('graph.csv has not what the journal says');
    const all = [...everywhere('before', []), ...everywhere('after', whole(KEY))];
    const noRow = await checked(all, (text) => `${text}after,paris,worm,1,,,,\r\n`);
    expect(noRow.run.defects.join()).toContain('graph.csv: a row is no entry of a census');
    const [row = ''] = whole(KEY).map((entry) => formatCensusRow({ stage: 'after', site: 'paris', ...entry }));
    const twice = await checked(all, (text) => text + row);
    expect(twice.run.defects.join()).toContain('graph.csv: an entry stands there twice');
    const stranger = await checked(all, (text) => text + row.replace('paris', 'berlin'));
    expect(stranger.run.defects.join()).toContain('rows of a census that the journal does not know');
    const torn = await checked(all, (text) => `${text}after,paris,ver`);
    expect(torn.run.defects.join()).toContain('graph.csv: the last row is torn');
  });
});
