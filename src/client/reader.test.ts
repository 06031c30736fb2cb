import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { READ_BACK_COLUMNS } from '../history/operation.ts';
import { type ReaderJob, type ReaderTarget, servedWrite } from './reader-protocol.ts';
import { type ReaderHandle, spawnReader } from './spawn.ts';

const SCRIPT = fileURLToPath(new URL('./testing-reader-main.ts', import.meta.url));
const soon = () => AbortSignal.timeout(40_000);

const target = (site: string): ReaderTarget => ({
  probe: 'fake',
  site: { name: site, datacenter: site, endpoints: {} },
  timeoutUs: 1_000_000,
  params: {},
});

function reader(): { handle: ReaderHandle; rows: string[] } & AsyncDisposable {
  const rows: string[] = [];
  const handle = spawnReader({
    place: [],
    script: SCRIPT,
    config: { run: 'r', originNs: String(process.hrtime.bigint()) },
    onRows: (text) => rows.push(...text.trimEnd().split('\n')),
  });
  return { handle, rows, [Symbol.asyncDispose]: () => handle[Symbol.asyncDispose]() };
}

const writes = (...numbers: number[]) => numbers.map((seq) => ({ key: `r/a/${seq}`, seq }));

const readBack = (over: Partial<Extract<ReaderJob, { type: 'read-back' }>> = {}): ReaderJob => ({
  type: 'read-back',
  target: target('paris'),
  stage: 'at-failover',
  fault: 'site-loss-1',
  writes: writes(7, 3, 13),
  rate: 10_000,
  withinMs: 30_000,
  attempts: 2,
  alone: false,
  ...over,
});

test('each key has one row, at last: only what cannot be read is asked for again', async () => {
  await using one = reader();
  const result = await one.handle.run(readBack(), soon());
  expect(result).toEqual({ counts: { absent: 2, unreadable: 1 }, complete: true, unasked: [] });
  await vi.waitFor(() => expect(one.rows).toHaveLength(3), { timeout: 20_000 });
  const column = (name: (typeof READ_BACK_COLUMNS)[number]) => READ_BACK_COLUMNS.indexOf(name);
  const states = one.rows.map((row) => row.split(',')).map((row) => `${row[column('key')]} ${row[column('state')]}`);
  expect(states.toSorted()).toEqual(['r/a/13 unreadable', 'r/a/3 absent', 'r/a/7 absent']);
  expect(one.rows[0]).toMatch(/^at-failover,site-loss-1,paris,fake,/);
});

test('a site that cannot be reached gives no rows, and says that it is not complete', async () => {
  await using one = reader();
  const result = await one.handle.run(readBack({ target: target('paris-unreachable') }), soon());
  expect(result).toEqual({ counts: {}, complete: false, unasked: [] });
  expect(one.rows).toEqual([]);
});

test('what its time does not allow is left out', async () => {
  await using one = reader();
  const many = writes(...Array.from({ length: 400 }, (_, seq) => 100 + seq));
  const result = await one.handle.run(readBack({ writes: many, rate: 1, withinMs: 2_000 }), soon());
  expect(result).toMatchObject({ counts: { absent: 100 }, complete: false, unasked: [] });
});

test('where nothing is measured meanwhile, as many batches are read at once as the probe allows, and each key has one row', async () => {
  await using one = reader();
  const many = writes(...Array.from({ length: 1_000 }, (_, n) => 1_000 + 100 * n));
  const job = { target: target('paris-together'), writes: many };
  expect(await one.handle.run(readBack({ ...job, withinMs: 2_000 }), soon())).toMatchObject({ complete: false });
  const result = await one.handle.run(readBack({ ...job, alone: true }), soon());
  expect(result).toEqual({ counts: { absent: 1_000 }, complete: true, unasked: [] });
  await vi.waitFor(() => expect(new Set(one.rows)).toHaveLength(1_000), { timeout: 20_000 });
  expect(one.rows).toHaveLength(1_000);
});

test('a site serves when a write and a read are served there now', async () => {
  await using one = reader();
  const served = (site: string) =>
    one.handle.run({ type: 'served', target: target(site), write: servedWrite('r', 0) }, soon());
  expect(await served('paris')).toMatchObject({ served: true });
  expect(await served('paris-refuses')).toMatchObject({
    served: false,
    detail: 'write fail refused, read fail refused',
  });
  expect(await served('paris-unreachable')).toMatchObject({
    served: false,
    detail: 'paris-unreachable cannot be reached',
  });
});

test('what it comes across and was not asked for has no row: it is told', async () => {
  await using one = reader();
  const result = await one.handle.run(readBack({ writes: writes(8, 9) }), soon());
  expect(result).toMatchObject({ counts: { absent: 2 }, unasked: [{ key: 'r/a/99', valueSha: 'aa' }] });
  await vi.waitFor(() => expect(one.rows).toHaveLength(2), { timeout: 20_000 });
});

test('what proved that a site serves goes with the cleanup, not before', async () => {
  await using one = reader();
  const write = servedWrite('r', 0);
  await one.handle.run({ type: 'served', target: target('paris'), write }, soon());
  const ask = () => one.handle.run(readBack({ writes: [write] }), soon());
  expect(await ask()).toMatchObject({ counts: { present: 1 } });
  await one.handle.run({ type: 'cleanup', targets: [target('paris')], writes: [write] }, soon());
  expect(await ask()).toMatchObject({ counts: { absent: 1 } });
});

test('a job that fails is said so, and the next one is done', async () => {
  await using one = reader();
  const unknown = { ...target('paris'), probe: 'none' };
  const write = servedWrite('r', 0);
  await expect(one.handle.run({ type: 'served', target: unknown, write }, soon())).resolves.toMatchObject({
    served: false,
  });
  await expect(one.handle.run({ type: 'remove', target: unknown, writes: [] }, soon())).rejects.toThrow(
    'unknown probe none',
  );
  await expect(one.handle.run({ type: 'cleanup', targets: [target('paris')], writes: [] }, soon())).resolves.toEqual({
    left: 0,
  });
});

test('when its standard input ends, a reader is gone in the middle of a job', async () => {
  const one = reader();
  const job = one.handle.run(readBack({ writes: writes(13), attempts: 1_000, withinMs: 3_600_000 }), soon());
  const failed = expect(job).rejects.toThrow('the reader process ended');
  await vi.waitFor(() => expect(one.rows).toEqual([]));
  await one[Symbol.asyncDispose]();
  await failed;
});

test('a reader that dies fails its job, and the next job has another', async () => {
  await using one = reader();
  await expect(one.handle.run(readBack({ target: target('paris-dies') }), soon())).rejects.toThrow(
    'the reader process ended by itself (exit code 9)',
  );
  expect(await one.handle.run(readBack({ writes: writes(7) }), soon())).toMatchObject({ counts: { absent: 1 } });
});

test('a job that was given up keeps no later one waiting', async () => {
  await using one = reader();
  const giveUp = new AbortController();
  const long = one.handle.run(readBack({ writes: writes(13), attempts: 1_000, withinMs: 3_600_000 }), giveUp.signal);
  const failed = expect(long).rejects.toThrow('enough');
  // It is at it.
  await new Promise((resolve) => setTimeout(resolve, 500));
  giveUp.abort(new Error('enough'));
  await failed;
  expect(await one.handle.run(readBack({ writes: writes(7) }), soon())).toMatchObject({ counts: { absent: 1 } });
});

test('one that was told to end is not started again', async () => {
  const one = reader();
  await one[Symbol.asyncDispose]();
  await expect(one.handle.run(readBack(), soon())).rejects.toThrow('told to end');
});

test('a job that is given up rejects at once', async () => {
  await using one = reader();
  const giveUp = new AbortController();
  const job = one.handle.run(readBack({ writes: writes(13), attempts: 3 }), giveUp.signal);
  giveUp.abort(new Error('enough'));
  await expect(job).rejects.toThrow('enough');
});
