import { type Client, types } from 'cassandra-driver';
import { expect, test } from 'vitest';
import { checksum } from '../history/checksum.ts';
import { CqlConnection } from './cql-connection.ts';
import { classifyCqlError } from './cql-errors.ts';
import { Keeper } from './keeper.ts';
import { RegisterClient, registerOf, SCRATCH } from './register-client.ts';

const never = new AbortController().signal;
const keyOf = (seq: number, timetable = 'register.balances.outside'): string => `r/${timetable}/${seq}`;

/** A driver that holds these values in its register, whichever is asked for. */
function over(held: { key: string; sum: string } | null) {
  const asked: { query: string; values: unknown[] }[] = [];
  const driver = {
    on() {},
    async shutdown() {},
    async execute(query: string, values: unknown[]) {
      asked.push({ query, values });
      return { rows: query.startsWith('SELECT') && held ? [held] : [] };
    },
  };
  const context = {
    run: 'r',
    site: { name: 'paris', datacenter: 'paris-dc', endpoints: {} },
    timeoutUs: 30_000_000,
    params: { registers: 4 },
  };
  const keeper = new Keeper(async (changed) => new CqlConnection(driver as unknown as Client, changed), 30_000);
  return { client: new RegisterClient(keeper, context, classifyCqlError), asked };
}

test.each([
  [keyOf(0), 0],
  [keyOf(2), 1],
  [keyOf(6), 3],
  [keyOf(8), 0],
  [keyOf(10, 'register.@london.outside'), 1],
  // In nobody's timetable.
  [keyOf(10, 'register.canary.outside'), SCRATCH],
  [keyOf(10, 'warm.register.balances.outside.paris'), SCRATCH],
  ['r/served/3', SCRATCH],
])('%s overwrites register %i of 4', (key, register) => {
  expect(registerOf('r', key, 4)).toBe(register);
});

test('a write is a row of the ledger and a register, at one time stamp of the coordinator', async () => {
  const { client, asked } = over(null);
  expect((await client.invoke({ f: 'write', key: keyOf(10), seq: 10 }, never)).outcome).toBe('ok');
  const [{ query, values } = { query: '', values: [] }] = asked;
  expect(asked).toHaveLength(1);
  expect(query).toMatch(/^BEGIN UNLOGGED BATCH[\s\S]*INTO ledger[\s\S]*INTO register[\s\S]*APPLY BATCH$/);
  expect(query).not.toContain('TIMESTAMP');
  const sum = checksum(keyOf(10), 10);
  expect(values).toEqual([
    ...['r/register.balances.outside', 0, types.Long.fromNumber(10), keyOf(10), sum],
    ...['r', 1, keyOf(10), sum],
  ]);
});

test('a read tells whose write it found, whichever it is', async () => {
  const other = keyOf(42, 'register.@london.outside');
  const { client, asked } = over({ key: other, sum: checksum(other, 42) });
  const outcome = await client.invoke({ f: 'read', key: keyOf(10), seq: 10 }, never);
  expect(outcome).toEqual({ outcome: 'ok', error: '', valueSha: checksum(other, 42) });
  expect(asked[0]?.values).toEqual(['r', 1]);
});

test('a register that is empty, or holds what nobody writes, is no right answer', async () => {
  const read = { f: 'read', key: keyOf(10), seq: 10 } as const;
  expect(await over(null).client.invoke(read, never)).toMatchObject({ outcome: 'fail', error: 'absent' });
  const torn = over({ key: keyOf(10), sum: checksum(keyOf(8), 8) });
  expect(await torn.client.invoke(read, never)).toMatchObject({ outcome: 'fail', error: 'corrupt' });
});

test('what is in nobody’s timetable is read from its row', async () => {
  const key = keyOf(4, 'register.canary.outside');
  const { client, asked } = over({ key, sum: checksum(key, 4) });
  expect((await client.invoke({ f: 'read', key, seq: 4 }, never)).outcome).toBe('ok');
  expect(asked[0]?.query).toContain('FROM ledger');
});
