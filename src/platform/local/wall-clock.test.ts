import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { aheadOf, timeIn, timestampIn } from './wall-clock.ts';

const AT = { host: '127.0.0.1', port: 1 };

/** A clock that takes so long to answer, each time. */
function clock(aheadMs: number, tookMs: readonly number[]) {
  let now = 1_000_000;
  let asked = 0;
  return {
    nowMs: () => Math.floor(now),
    ask: async () => {
      const took = tookMs[asked++] ?? 0;
      now += took / 2;
      const shown = Math.floor(now + aheadMs);
      now += took / 2;
      return shown;
    },
    get asked() {
      return asked;
    },
  };
}

test('an answer bounds the clock from both sides', async () => {
  const { ask, nowMs } = clock(60_000.4, [10.2]);
  const bounds = await aheadOf('cassandra', AT, ask, nowMs);
  expect(bounds?.lower).toBeLessThanOrEqual(60_000.4);
  expect(bounds?.upper).toBeGreaterThanOrEqual(60_000.4);
  expect((bounds?.upper ?? 0) - (bounds?.lower ?? 0)).toBeLessThanOrEqual(13);
});

test('a slow answer is asked for again, and the closest one counts', async () => {
  const one = clock(-30_000, [900, 8, 500]);
  const bounds = await aheadOf('cassandra', AT, one.ask, one.nowMs);
  expect(one.asked).toBe(2);
  expect(bounds?.upper).toBeLessThan(-29_990);
  expect(bounds?.lower).toBeGreaterThan(-30_010);
});

test('what never answers closely is bounded as closely as it did', async () => {
  const one = clock(0, [900, 300, 500, 400, 700, 1]);
  const bounds = await aheadOf('cassandra', AT, one.ask, one.nowMs);
  expect(one.asked).toBe(5);
  expect(bounds).toEqual({ lower: -151, upper: 151 });
});

test('what does not answer shows nothing', async () => {
  expect(await aheadOf('cassandra', AT, () => Promise.reject(new Error('refused')))).toBeNull();
});

test('the time of a row is its last eight bytes, and nothing else is taken for it', () => {
  const row = Buffer.alloc(20);
  row.writeUInt32BE(8, 8);
  row.writeBigInt64BE(1_700_000_000_123n, 12);
  expect(timestampIn(row)).toBe(1_700_000_000_123);
  row.writeUInt32BE(16, 8);
  expect(() => timestampIn(row)).toThrow('no timestamp');
});

test('the time in an answer of JanusGraph, with types and without', () => {
  const typed = '{"result":{"data":{"@type":"g:List","@value":[{"@type":"g:Int64","@value":1700000000123}]}}}';
  expect(timeIn(typed)).toBe(1_700_000_000_123);
  expect(timeIn('{"result":{"data":[1700000000123],"meta":{}}}')).toBe(1_700_000_000_123);
  expect(() => timeIn('{"message":"no graph"}')).toThrow('no time');
});

test('Cassandra is greeted first and asked then, however its answers arrive', async () => {
  const opcodes: number[] = [];
  const server = createServer((socket) => {
    socket.on('data', (data) => {
      opcodes.push(data[4] as number);
      if (data[4] === 1) {
        socket.write(Buffer.from([0x84, 0, 0, 0, 2, 0, 0, 0, 0]));
        return;
      }
      const body = Buffer.alloc(12);
      body.writeUInt32BE(8, 0);
      body.writeBigInt64BE(BigInt(Date.now() + 60_000), 4);
      const answer = Buffer.concat([Buffer.from([0x84, 0, 0, 0, 8, 0, 0, 0, 12]), body]);
      socket.write(answer.subarray(0, 11));
      setImmediate(() => socket.write(answer.subarray(11)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const bounds = await aheadOf('cassandra', { host: '127.0.0.1', port });
  server.close();
  expect(opcodes.slice(0, 2)).toEqual([1, 7]);
  expect(bounds?.lower).toBeGreaterThan(59_000);
  expect(bounds?.upper).toBeLessThan(61_000);
});
