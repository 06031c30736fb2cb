import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeRequest, fakeHttpServer } from '../../../probes/testing-http-server.ts';
import type { ManagedComponent } from '../components.ts';
import { Inventory } from '../inventory.ts';
import { snapshotsIn } from './snapshot-store.ts';
import { Snapshots } from './snapshots.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-snapshots-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const WHOLE = { total: 2, failed: 0, successful: 2 };
const PART = { total: 2, failed: 1, successful: 1 };
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

type Answers = Partial<Record<'register' | 'take' | 'restore', (request: FakeRequest) => void>>;

/** A cluster that does what it is told, and writes two files for a snapshot, but where it answers otherwise. */
async function cluster(answers: Answers = {}) {
  const log: string[] = [];
  const server = await fakeHttpServer((request) => {
    const { method, path, reply } = request;
    log.push(`${method} ${path.replace(/\?.*/, '')}`);
    if (path === '/_snapshot/_all') reply(200, { older: {} });
    else if (path.includes('/_restore')) (answers.restore ?? said(200, { snapshot: { shards: WHOLE } }))(request);
    else if (/^\/_snapshot\/daily\/daily/.test(path)) {
      const repository = join(snapshotsIn(directory), 'paris/daily');
      mkdirSync(join(repository, 'indices'), { recursive: true });
      writeFileSync(join(repository, 'index-0'), 'twelve bytes');
      writeFileSync(join(repository, 'indices/__1'), 'data');
      (answers.take ?? said(200, { snapshot: { state: 'SUCCESS', shards: WHOLE } }))(request);
    } else if (method === 'PUT') (answers.register ?? said(200, {}))(request);
    else reply(200, {});
  });
  const node = {
    ...{ site: 'paris', component: 'opensearch', node: 0, address: '127.0.0.1', port: server.port },
    state: () => ({ state: 'ready' }),
  } as unknown as ManagedComponent;
  return { log, snapshots: new Snapshots(new Inventory([node]), directory), ...server };
}

function said(status: number, body: unknown): (request: FakeRequest) => void {
  return ({ reply }) => reply(status, body);
}

test('one that was taken, and restored beside its indexes, is whole, and stays what it was', async () => {
  await using at = await cluster();
  expect(await at.snapshots.take('daily')).toMatchObject({
    ...{ name: 'daily', mode: 'full', tool: expect.stringMatching(/^OpenSearch [\d.]+, snapshot$/) },
    nodes: [{ site: 'paris', node: 0, files: 2, bytes: 16 }],
  });
  expect(at.log).toEqual([
    'PUT /_snapshot/daily',
    'PUT /_snapshot/daily/daily',
    'POST /_snapshot/daily/daily/_restore',
    'DELETE /drill-trial-*',
  ]);
  expect(await at.snapshots.verify('paris', 'daily')).toEqual({ files: 2, bytes: 16 });
  await expect(at.snapshots.take('daily')).rejects.toThrow('there is a backup daily of paris already');
});

test.each([
  ['refused', { take: said(400, { error: { type: 'invalid', reason: 'no room' } }) }, /400, invalid: no room/],
  [
    'partial',
    { take: said(200, { snapshot: { state: 'PARTIAL', shards: PART } }) },
    /not whole: 1 of 2 shards, PARTIAL/,
  ],
  [
    'of nothing',
    { take: said(200, { snapshot: { state: 'SUCCESS', shards: { total: 0, successful: 0 } } }) },
    /not whole: 0 of 0 shards/,
  ],
  ['only accepted', { take: said(200, { accepted: true }) }, /not whole: none of no shards/],
  [
    'no JSON',
    { take: ({ response }: FakeRequest) => void response.writeHead(502).end('<html>bad gateway') },
    /502, <html>bad gateway/,
  ],
  ['cut off', { take: ({ response }: FakeRequest) => void response.destroy() }, /PUT \/_snapshot\/daily\/daily: /],
  [
    'in a store that is not there',
    { register: said(500, { error: { type: 'repository', reason: 'not accessible' } }) },
    /repository: not accessible/,
  ],
] satisfies [string, Answers, RegExp][])('one that is %s is no backup', async (_, answers, problem) => {
  await using at = await cluster(answers);
  await expect(at.snapshots.take('daily')).rejects.toThrow(problem);
  await expect(at.snapshots.verify('paris', 'daily')).rejects.toThrow('was not taken to its end');
});

test('one that succeeded and cannot be restored is no backup, and what was tried with is gone', async () => {
  await using at = await cluster({ restore: said(200, { snapshot: { shards: PART } }) });
  await expect(at.snapshots.take('daily')).rejects.toThrow(
    'what was restored from daily at paris is not whole: 1 of 2',
  );
  expect(at.log.at(-1)).toBe('DELETE /drill-trial-*');
  await expect(at.snapshots.verify('paris', 'daily')).rejects.toThrow('was not taken to its end');
});

test('a file that is gone, shorter or another is named', async () => {
  await using at = await cluster();
  await at.snapshots.take('daily');
  const file = join(snapshotsIn(directory), 'paris/daily/indices/__1');
  const verified = (): Promise<unknown> => at.snapshots.verify('paris', 'daily');
  writeFileSync(file, 'date');
  await expect(verified()).rejects.toThrow('indices/__1 is another than it was when it was taken');
  writeFileSync(file, 'dat');
  await expect(verified()).rejects.toThrow('indices/__1 has 3 bytes, and had 4 when it was taken');
  rmSync(file);
  await expect(verified()).rejects.toThrow('the backup daily of paris lacks indices/__1');
  writeFileSync(join(snapshotsIn(directory), 'paris/daily.files.json'), '{"x":1}');
  await expect(verified()).rejects.toThrow('the list of its files cannot be read');
});

test('what an earlier run took goes when the next takes its first', async () => {
  await using at = await cluster();
  await at.snapshots.take('daily');
  at.snapshots.newRun();
  at.log.length = 0;
  await at.snapshots.take('daily');
  expect(at.log.slice(0, 3)).toEqual(['GET /_snapshot/_all', 'DELETE /_snapshot/older', 'PUT /_snapshot/daily']);
});

test('a name that leads elsewhere is refused', async () => {
  await using at = await cluster();
  await expect(at.snapshots.take('../x')).rejects.toThrow("expected a backup's name");
  expect(at.log).toEqual([]);
});

test('where nobody answers that is said', async () => {
  const at = await cluster();
  await at[Symbol.asyncDispose]();
  await expect(at.snapshots.ask('paris', { method: 'GET', path: '/' }, soon())).rejects.toThrow(
    /OpenSearch at .*GET \//,
  );
  await expect(at.snapshots.ask('london', { method: 'GET', path: '/' }, soon())).rejects.toThrow(
    'london has no OpenSearch',
  );
});
