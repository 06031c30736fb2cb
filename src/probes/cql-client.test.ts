import { type Client, types } from 'cassandra-driver';
import { expect, test } from 'vitest';
import { checksum } from '../history/checksum.ts';
import { CqlClient } from './cql-client.ts';
import { CqlConnection } from './cql-connection.ts';
import { classifyCqlError } from './cql-errors.ts';
import { Keeper } from './keeper.ts';
import type { ProbeContext, ReadBackAnswer } from './probe.ts';

interface Row {
  readonly seq: number;
  readonly key: string;
  readonly sum: string;
}

const context: ProbeContext = {
  run: 'r',
  site: { name: 'paris', datacenter: 'paris-dc', endpoints: {} },
  timeoutUs: 30_000_000,
  params: {},
};
const never = new AbortController().signal;
const key = (seq: number): string => `r/cql.ledger.outside/${seq}`;
const right = (seq: number): Row => ({ seq, key: key(seq), sum: checksum(key(seq), seq) });
const asked = (...numbers: number[]) => numbers.map((seq) => ({ key: key(seq), seq }));

/** A driver whose table holds these rows, read two rows a page. */
function over(rows: readonly Row[], options: { brokenPage?: number; timeoutUs?: number; hangs?: boolean } = {}) {
  const queries: string[] = [];
  const driver = {
    on() {},
    async shutdown() {},
    async execute(query: string, values: unknown[], { pageState }: { pageState?: string }) {
      queries.push(query);
      if (options.hangs) return new Promise(() => {});
      if (query.startsWith('INSERT')) return { rows: [] };
      const [part, bucket, from, to = from] = values as [string, number, types.Long, types.Long?];
      const found = rows.filter(
        ({ seq }) =>
          Math.floor(seq / 1000) === bucket &&
          seq >= from.toNumber() &&
          seq <= to.toNumber() &&
          key(seq).startsWith(part),
      );
      const page = Number(pageState ?? 0);
      if (page === options.brokenPage) throw new Error('lost');
      const left = found.slice(2 * page + 2).length > 0;
      return {
        rows: found.slice(2 * page, 2 * page + 2).map((row) => ({ ...row, seq: types.Long.fromNumber(row.seq) })),
        ...(left ? { pageState: String(page + 1) } : {}),
      };
    },
  };
  const of = { ...context, timeoutUs: options.timeoutUs ?? context.timeoutUs };
  const keeper = new Keeper(
    async (changed) => new CqlConnection(driver as unknown as Client, changed),
    of.timeoutUs / 1000,
  );
  return { client: new CqlClient(keeper, of, classifyCqlError), queries };
}

async function states(client: CqlClient, numbers: readonly number[]): Promise<string[]> {
  const answers: ReadBackAnswer[] = [];
  for await (const answer of client.readBack(asked(...numbers), never)) answers.push(answer);
  return answers.map(({ key: of, state }) => `${of.slice(of.lastIndexOf('/') + 1)} ${state}`).toSorted();
}

test('a read is ok only when the row is there with the right key and checksum', async () => {
  const { client } = over([right(2), { ...right(4), sum: 'bad' }, { ...right(6), key: key(8) }]);
  const read = async (seq: number) => (await client.invoke({ f: 'read', key: key(seq), seq }, never)).error;
  expect([await read(2), await read(4), await read(6), await read(10)]).toEqual(['', 'corrupt', 'corrupt', 'absent']);
});

test('an operation ends with its own timeout, whatever the driver does', async () => {
  const { client } = over([], { hangs: true, timeoutUs: 1_000 });
  expect(await client.invoke({ f: 'write', key: key(2), seq: 2 }, never)).toMatchObject({
    outcome: 'info',
    error: 'timeout',
  });
  expect(await client.invoke({ f: 'read', key: key(2), seq: 2 }, never)).toMatchObject({
    outcome: 'fail',
    error: 'timeout',
  });
});

test('every key that is asked for has one answer, over pages and partitions', async () => {
  const { client, queries } = over([
    right(2),
    right(4),
    { ...right(6), sum: 'bad' },
    { ...right(8), key: key(2) },
    right(1_002),
  ]);
  expect(await states(client, [1_002, 2, 4, 6, 8, 10])).toEqual([
    '10 absent',
    '1002 present',
    '2 present',
    '4 present',
    '6 corrupt',
    '8 corrupt',
  ]);
  expect(queries).toHaveLength(3);
});

test('what is between the keys and was not asked for is told', async () => {
  const { client } = over([right(2), right(4), right(6), right(8)]);
  expect(await states(client, [2, 6])).toEqual(['2 present', '4 phantom', '6 present']);
});

test('after a page that cannot be read, the rest of the partition is unreadable', async () => {
  const { client } = over([right(2), right(4), right(6), right(8), right(1_002)], { brokenPage: 1 });
  expect(await states(client, [2, 4, 6, 8, 1_002])).toEqual([
    '1002 present',
    '2 present',
    '4 present',
    '6 unreadable',
    '8 unreadable',
  ]);
});
