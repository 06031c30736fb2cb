import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CompactionLag, type CompactionTarget, parseAutomatic, parsePending } from './compaction.ts';
import { countSstables } from './sstables.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-sstables-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A node of which each flush leaves one more SSTable, and which compacts all of them to one, once it may. */
class Node {
  readonly asked: string[] = [];
  automatic = true;
  pending = 0;
  pid: number | null = 7;
  fails: string | null = null;
  private written = 0;

  readonly at: CompactionTarget = {
    site: 'paris',
    directories: [directory],
    nodetool: async ([command = '']) => {
      this.asked.push(command);
      if (command === this.fails) throw new Error(`${command} does not work`);
      if (command === 'flush') this.write();
      if (command === 'disableautocompaction') this.automatic = false;
      if (command === 'enableautocompaction') this.automatic = true;
      if (command === 'statusautocompaction') return this.automatic ? 'running\n' : 'not running\n';
      return command === 'compactionstats' ? `pending tasks: ${this.pending}\n\n` : '';
    },
    pids: () => [this.pid],
  };

  write(keyspace = 'drill'): void {
    const table = join(directory, 'data', keyspace, 'ledger-0123456789abcdef0123456789abcdef');
    mkdirSync(table, { recursive: true });
    this.written += 1;
    for (const part of ['Data', 'Index']) writeFileSync(join(table, `nb-${this.written}-big-${part}.db`), '');
  }

  compact(): void {
    rmSync(join(directory, 'data'), { recursive: true, force: true });
    this.write();
  }
}

const problems: unknown[] = [];
const lag = (): CompactionLag => new CompactionLag((problem) => problems.push(problem), 1);

test('SSTables are counted by table, by what is on disk; those of Cassandra itself are not', () => {
  const node = new Node();
  node.write();
  node.write();
  node.write('system');
  node.write('system_schema');
  node.write('systematic');
  expect(countSstables(directory)).toEqual({ 'drill.ledger': 2, 'systematic.ledger': 1 });
  expect(countSstables(join(directory, 'nothing'))).toEqual({});
});

test('it piles up until it is ended, and is over when the nodes have caught up', async () => {
  const node = new Node();
  node.write();
  const all = lag();
  await all.hold('x', node.at, 1);
  await vi.waitUntil(() => (all.list()[0]?.most.sstables ?? 0) >= 6);
  expect(all.held()).toEqual(['x']);
  expect(all.list()[0]).toMatchObject({
    id: 'x',
    site: 'paris',
    automatic: ['not running'],
    most: { table: 'drill.ledger', before: 1 },
    ending: false,
  });
  await all.end('x');
  const flushes = all.list()[0]?.flushes;
  expect(all.held()).toEqual([]);
  expect(all.list()[0]).toMatchObject({ automatic: ['running'], ending: true });
  node.pending = 1;
  node.compact();
  await vi.waitUntil(() => node.asked.filter((command) => command === 'compactionstats').length > 4);
  expect(all.list()[0]?.flushes).toBe(flushes);
  node.pending = 0;
  await vi.waitUntil(() => all.list().length === 0);
});

test('a node that started anew is told again', async () => {
  const node = new Node();
  const all = lag();
  await all.hold('x', node.at, 1);
  node.pid = 8;
  node.automatic = true;
  await vi.waitUntil(() => node.asked.filter((command) => command === 'disableautocompaction').length === 2);
  expect(node.automatic).toBe(false);
  await all.end('x');
});

test('an end that comes while the nodes are being told waits, so that theirs is the last word', async () => {
  const node = new Node();
  const gate = Promise.withResolvers<void>();
  const { nodetool } = node.at;
  const slow: CompactionTarget = {
    ...node.at,
    nodetool: async (args) => {
      if (args[0] === 'disableautocompaction') await gate.promise;
      return nodetool(args);
    },
  };
  const all = lag();
  const held = all.hold('x', slow, 1);
  const ended = all.end('x');
  gate.resolve();
  await Promise.all([held, ended]);
  expect(node.automatic).toBe(true);
  expect(all.held()).toEqual([]);
});

test('a node that cannot be told stays in force until that works; one that is gone needs none', async () => {
  const node = new Node();
  const all = lag();
  await all.hold('x', node.at, 1);
  node.fails = 'enableautocompaction';
  await expect(all.end('x')).rejects.toThrow('enableautocompaction does not work');
  expect(all.held()).toEqual(['x']);
  node.pid = null;
  await all.end('x');
  expect(all.list()).toEqual([]);
  await all.end('x');
});

test('a node that says that it does not compact after it was told to is no success', async () => {
  const node = new Node();
  const all = lag();
  await all.hold('x', node.at, 1);
  const { nodetool } = node.at;
  vi.spyOn(node.at, 'nodetool').mockImplementation(async (args) =>
    args[0] === 'enableautocompaction' ? '' : nodetool(args),
  );
  await expect(all.end('x')).rejects.toThrow('automatic compaction in paris is not running');
});

test('what nodetool says', () => {
  expect(parseAutomatic('running\nnot running\n')).toEqual(['running', 'not running']);
  expect(parsePending('pending tasks: 3\n- drill.ledger: 3\n\nconcurrent compactors: 1\npending tasks: 2\n')).toBe(5);
  const five =
    'concurrent compactors              1\npending tasks                      4\ncompactions completed          2\n';
  expect(parsePending(`${five}${five}`)).toBe(8);
  expect(() => parsePending('')).toThrow('expected "pending tasks"');
});
