import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CensusEntry } from '../history/census.ts';
import { checksum } from '../history/checksum.ts';
import { compareSites, inspect } from './integrity.ts';
import { type Named, slowInspect } from './testing-integrity.ts';

const entry = (kind: CensusEntry['kind'], element: string, rest: Partial<CensusEntry> = {}): CensusEntry => ({
  kind,
  element,
  vertex: '',
  other: '',
  key: '',
  value: '',
  ...rest,
});

/** A whole transaction: accounts `from` and `to`, and an edge between them. */
function transaction(key: string, seq: number, [from, to, edge]: readonly [string, string, string]): CensusEntry[] {
  const value = `${seq} ${checksum(key, seq)}`;
  return [
    entry('vertex', from, { key: `${key}#from`, other: 'DrillAccount' }),
    entry('vertex', to, { key: `${key}#to`, other: 'DrillAccount' }),
    entry('out', edge, { vertex: from, other: to, key, value }),
    entry('in', edge, { vertex: to, other: from, key, value }),
    entry('vertex-index', from, { key: `${key}#from` }),
    entry('vertex-index', to, { key: `${key}#to` }),
    entry('edge-index', edge, { vertex: from, other: to, key }),
  ];
}

const A = transaction('run/a/0', 0, ['1', '2', '901']);
const B = transaction('run/a/2', 2, ['3', '4', '902']);
const without = (entries: CensusEntry[], kind: CensusEntry['kind'], element?: string): CensusEntry[] =>
  entries.filter((one) => one.kind !== kind || (element !== undefined && one.element !== element));
const kinds = (entries: readonly CensusEntry[]): string[] =>
  inspect(entries)
    .anomalies.map(({ kind, key }) => `${kind} ${key}`.trim())
    .sort();

describe('what is wrong with a graph', () => {
  it('nothing, where every transaction has its seven parts', () => {
    expect(inspect([...A, ...B])).toEqual({
      vertices: 4,
      edges: 2,
      transactions: 2,
      whole: 2,
      purses: 0,
      customers: 0,
      anomalies: [],
    });
    expect(inspect([])).toEqual({
      ...{ vertices: 0, edges: 0, transactions: 0, whole: 0, purses: 0, customers: 0 },
      anomalies: [],
    });
  });

  it.each(['out', 'in'] as const)('an edge that is visible from one end only: no %s half', (kind) => {
    const found = inspect([...without(A, kind), ...B]);
    expect(found).toMatchObject({ edges: 2, transactions: 2, whole: 1 });
    expect(found.anomalies).toEqual([
      {
        kind: 'one-ended-edge',
        elements: ['901', '1', '2'],
        key: 'run/a/0',
        note: `vertex ${kind === 'out' ? 1 : 2} does not know it`,
      },
      { kind: 'partial-transaction', elements: [], key: 'run/a/0', note: `missing: ${kind}` },
    ]);
  });

  it('a vertex that is gone: its edge leads nowhere, and so does its index entry', () => {
    const found = inspect(without(without(A, 'in'), 'vertex', '2'));
    expect(found.anomalies.map(({ kind, elements, key }) => [kind, ...elements, key])).toEqual([
      ['dangling-edge', '901', '1', '2', 'run/a/0'],
      ['index-without-element', '2', 'run/a/0'],
      ['partial-transaction', 'run/a/0'],
    ]);
  });

  it('a ghost: a row of parts that is not marked as a vertex', () => {
    const ghost = A.map((one) =>
      one.kind === 'vertex' && one.element === '2' ? { ...one, kind: 'ghost' as const } : one,
    );
    expect(kinds(ghost)).toEqual([
      'dangling-edge run/a/0',
      'ghost-vertex run/a/0',
      'index-without-element run/a/0',
      'partial-transaction run/a/0',
    ]);
  });

  it('an index that does not lead to an element, and one that leads to none', () => {
    expect(kinds(without(A, 'vertex-index', '1'))).toEqual([
      'element-without-index run/a/0',
      'partial-transaction run/a/0',
    ]);
    expect(kinds(without(A, 'edge-index'))).toEqual(['element-without-index run/a/0', 'partial-transaction run/a/0']);
    expect(kinds([...A, entry('vertex-index', '77', { key: 'run/a/4#from' })])).toEqual([
      'index-without-element run/a/4',
      'partial-transaction run/a/4',
    ]);
  });

  it('two elements that got one id: the rows of both are one, and both keys lead to it', () => {
    const C = transaction('run/b/0', 0, ['1', '5', '903']);
    // The later of two writes of the one cell with the key stays.
    const merged = [...A.filter((one) => one.kind !== 'vertex' || one.element !== '1'), ...C];
    const found = inspect(merged);
    expect(found.anomalies.filter(({ kind }) => kind === 'shared-id')).toEqual([
      { kind: 'shared-id', elements: ['1'], key: 'run/a/0', note: 'the same vertex is run/b/0#from as well' },
      { kind: 'shared-id', elements: ['1'], key: 'run/b/0', note: 'the same vertex is run/a/0#from as well' },
    ]);
    expect(kinds(merged)).toEqual(['partial-transaction run/a/0', 'shared-id run/a/0', 'shared-id run/b/0']);
    const sameEdge = [...A, ...transaction('run/b/0', 0, ['5', '6', '901'])];
    expect(kinds(sameEdge)).toEqual(['shared-id run/a/0', 'shared-id run/b/0']);
  });

  it('several elements under a key that only one may have', () => {
    const twice = [
      ...A,
      entry('vertex', '8', { key: 'run/a/0#to' }),
      entry('vertex-index', '8', { key: 'run/a/0#to' }),
    ];
    expect(inspect(twice).anomalies).toEqual([
      { kind: 'duplicate-key', elements: ['2', '8'], key: 'run/a/0', note: '2 elements have it' },
    ]);
  });

  it('halves that differ, values that nobody wrote, cells that cannot be read, vertices without a key', () => {
    const other = A.map((one) => (one.kind === 'in' ? { ...one, value: `0 ${'0'.repeat(16)}` } : one));
    expect(kinds(other)).toEqual(['unequal-halves run/a/0', 'wrong-checksum run/a/0']);
    expect(kinds([...A, entry('unreadable', '1')])).toEqual(['unreadable-cell']);
    expect(kinds([...A, entry('vertex', '9', { other: 'DrillAccount' })])).toEqual(['vertex-without-key']);
    const noValue = A.map((one) => (one.kind === 'in' || one.kind === 'out' ? { ...one, value: ' ' } : one));
    expect(kinds(noValue)).toEqual(['wrong-checksum run/a/0']);
  });

  it('a number that several customers have under a unique index, and those whom it does not find', () => {
    const customer = (element: string, number: string, value: string): CensusEntry =>
      entry('customer', element, { key: `run/customer/${number}`, value });
    expect(inspect([customer('1', '7', 'found'), customer('2', '8', 'found')]).anomalies).toEqual([]);
    const twice = [customer('1', '7', 'found'), customer('2', '8', 'found'), customer('3', '7', 'hidden')];
    expect(inspect(twice).anomalies).toEqual([
      { kind: 'number-twice', elements: ['1', '3'], key: 'run/customer/7', note: '2 customers have it' },
      {
        kind: 'hidden-customer',
        elements: ['3'],
        key: 'run/customer/7',
        note: 'the unique index does not find it',
      },
    ]);
    expect(inspect(twice)).toMatchObject({ customers: 3, transactions: 0 });
    expect(inspect([customer('1', '7', 'unlisted')]).anomalies).toMatchObject([
      { kind: 'hidden-customer', note: 'nothing but the unique index finds it' },
    ]);
    expect(kinds([customer('3', '7', 'hidden')])).toEqual(['hidden-customer run/customer/7']);
  });

  it('a purse that does not hold what its transfers say, and a total that was not conserved', () => {
    const purse = (element: string, value: string): CensusEntry =>
      entry('purse', element, { key: `run/purse/${element}`, value });
    // 1000 at first; paid 30, got 5; and the other way round.
    expect(inspect([purse('1', '975 1000 30 5'), purse('2', '1025 1000 5 30')]).anomalies).toEqual([]);
    // The later of two writers wins on both sides of a transfer: the total is right, and both are wrong.
    expect(inspect([purse('1', '980 1000 30 5'), purse('2', '1020 1000 5 30')]).anomalies).toEqual([
      {
        kind: 'unbalanced-purse',
        elements: ['1'],
        key: 'run/purse/1',
        note: 'it holds 980: 1000 at first, 30 paid, 5 got',
      },
      {
        kind: 'unbalanced-purse',
        elements: ['2'],
        key: 'run/purse/2',
        note: 'it holds 1020: 1000 at first, 5 paid, 30 got',
      },
    ]);
    expect(kinds([purse('1', '975 1000 30 5'), purse('2', '1026 1000 5 30')])).toEqual([
      'total-not-conserved',
      'unbalanced-purse run/purse/2',
    ]);
    expect(kinds([purse('1', '')])).toEqual(['total-not-conserved', 'unbalanced-purse run/purse/1']);
  });

  it('what is not the same at every site', () => {
    const all = [...A, ...B];
    expect(
      compareSites(
        new Map([
          ['paris', all],
          ['london', all.toReversed()],
        ]),
      ),
    ).toEqual([]);
    const sites = new Map([
      ['paris', all],
      ['london', A],
      ['frankfurt', [...A, ...without(B, 'in')]],
    ]);
    expect(compareSites(sites)).toEqual([
      {
        kind: 'sites-differ',
        elements: [],
        key: 'run/a/2',
        note: 'paris: 7 parts; london: nothing; frankfurt: 6 parts',
      },
    ]);
  });

  it('is what a slow and obvious version finds, whatever is there', () => {
    const id = fc.constantFrom('1', '2', '3', '4');
    const relation = fc.constantFrom('901', '902');
    const base = fc.constantFrom('k/0', 'k/2');
    const end = fc.tuple(base, fc.constantFrom('#from', '#to')).map((parts) => parts.join(''));
    const value = fc.constantFrom(`0 ${checksum('k/0', 0)}`, `2 ${checksum('k/2', 2)}`, '2 0', ' ');
    const vertex = fc
      .tuple(fc.constantFrom('vertex' as const, 'ghost' as const), id, fc.option(end, { nil: '' }))
      .map(([kind, element, key]) => entry(kind, element, { key }));
    const half = fc
      .tuple(fc.constantFrom('out' as const, 'in' as const), relation, id, id, base, value)
      .map(([kind, element, from, other, key, said]) =>
        entry(kind, element, { vertex: from, other, key, value: said }),
      );
    const accounts = fc.tuple(id, end).map(([element, key]) => entry('vertex-index', element, { key }));
    const edges = fc
      .tuple(relation, id, id, base)
      .map(([element, from, other, key]) => entry('edge-index', element, { vertex: from, other, key }));
    const cell = id.map((element) => entry('unreadable', element));
    const graph = fc.uniqueArray(fc.oneof(vertex, half, accounts, edges, cell), {
      selector: ({ kind, element, vertex: from, other, key }) => {
        if (kind === 'vertex' || kind === 'ghost') return `row ${element}`;
        return kind.endsWith('index') ? [kind, element, from, other, key].join() : [kind, element, from, other].join();
      },
      maxLength: 30,
    });
    const named = (found: readonly Named[]): string[] =>
      found.map(({ kind, elements, key }) => [kind, ...elements.toSorted(), key].join(' ')).sort();
    fc.assert(
      fc.property(graph, (entries) => {
        const found = inspect(entries);
        const slow = slowInspect(entries);
        expect(named(found.anomalies)).toEqual(named(slow.anomalies));
        expect(found.whole).toBe(slow.whole);
        expect(found.transactions).toBe(slow.transactions);
      }),
      { numRuns: 2_000 },
    );
  });
});
