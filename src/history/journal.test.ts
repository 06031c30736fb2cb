import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { canonicalJson, sha256Hex } from './chain.ts';
import { openJournal } from './journal.ts';
import { eventsOf, readJournal } from './read-journal.ts';

const intent = Buffer.from('{"intent":1}');
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-journal-'));
  path = join(directory, 'journal.ndjson');
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

async function write(count: number): Promise<void> {
  let nowUs = 0;
  const journal = await openJournal(path, sha256Hex(intent), { nowUs: () => (nowUs += 5) }, () => 0);
  await Promise.all(Array.from({ length: count }, () => journal.append('phase', { phase: 'before' })));
  await journal.close();
}

describe('the journal', () => {
  test('says when its disk hangs, and keeps nobody waiting', async () => {
    let nowUs = 0;
    const journal = await openJournal(path, sha256Hex(intent), { nowUs: () => (nowUs += 5) }, () => 0, 50);
    const file = await open(path, 'r');
    vi.spyOn(Object.getPrototypeOf(file), 'sync').mockReturnValue(new Promise(() => {}));
    await file.close();
    await expect(journal.append('phase', { phase: 'before' })).rejects.toThrow('not on disk within 50 ms');
    await expect(journal.append('phase', { phase: 'before' })).rejects.toThrow('not on disk within 50 ms');
    await journal.close();
  });

  test('reads back what was appended, in the order of the calls, chained from intent.json', async () => {
    await write(4);
    const { events, torn, defects } = readJournal(path, intent);
    expect(defects).toEqual([]);
    expect(torn).toBe(false);
    expect(events.map(({ seq, at_us }) => [seq, at_us])).toEqual([
      [0, 5],
      [1, 10],
      [2, 15],
      [3, 20],
    ]);
    expect(events[0]?.prev).toBe(sha256Hex(intent));
    expect(events[1]?.prev).toBe(events[0]?.hash);
    expect(events[0]?.wall).toBe('1970-01-01T00:00:00.000Z');
    expect(eventsOf(events, 'phase')).toHaveLength(4);
    expect(eventsOf(events, 'stall')).toEqual([]);
  });

  test('hashes the canonical JSON of the line without `hash`', async () => {
    await write(1);
    const { hash, ...line } = JSON.parse(readFileSync(path, 'utf8'));
    expect(hash).toBe(sha256Hex(canonicalJson(line)));
    expect(Object.keys(line)).toEqual(['seq', 'at_us', 'wall', 'type', 'data', 'prev']);
  });

  test('is on disk when append resolves', async () => {
    const journal = await openJournal(path, sha256Hex(intent), { nowUs: () => 1 });
    const event = await journal.append('stop-condition', { condition: 'c', observed: 'o' });
    expect(readFileSync(path, 'utf8')).toBe(`${JSON.stringify(event)}\n`);
    expect(journal.head()).toBe(event.hash);
    await journal.close();
  });

  test('refuses a path that exists, an append after close, a lone surrogate', async () => {
    await write(1);
    await expect(write(1)).rejects.toThrow(/EEXIST/);
    const journal = await openJournal(join(directory, 'other'), '', { nowUs: () => 1 });
    const odd = { condition: '\ud800', observed: '' };
    await expect(journal.append('stop-condition', odd)).rejects.toThrow(/surrogate/i);
    await journal.append('phase', { phase: 'after' });
    await journal.close();
    await expect(journal.append('phase', { phase: 'after' })).rejects.toThrow(/closed/);
    expect(readJournal(join(directory, 'other'), Buffer.from('')).events).toHaveLength(1);
  });

  test('a torn last line is ignored and reported', async () => {
    await write(2);
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -10));
    const journal = readJournal(path, intent);
    expect(journal).toMatchObject({ torn: true, defects: [] });
    expect(journal.events).toHaveLength(1);
  });

  test.each([
    ['a changed line', (lines: string[]) => [lines[0]?.replace('before', 'after'), lines[1], lines[2]], /line 1: hash/],
    ['a line removed', (lines: string[]) => [lines[0], lines[2]], /line 2: expected seq 1, got 2/],
    [
      'lines swapped',
      (lines: string[]) => [lines[1], lines[0], lines[2]],
      /line 1: prev is not the hash of intent.json/,
    ],
    ['a line that is no JSON', (lines: string[]) => [lines[0], '{', lines[2]], /line 2: expected JSON/],
    ['a line that is no event', (lines: string[]) => [lines[0], '{"seq":1}', lines[2]], /line 2: at_us/],
  ])('%s is a defect', async (_, change, expected) => {
    await write(3);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    writeFileSync(path, `${change(lines).join('\n')}\n`);
    expect(readJournal(path, intent).defects.join('; ')).toMatch(expected);
  });

  test('another intent.json is a defect', async () => {
    await write(1);
    expect(readJournal(path, Buffer.from('{}')).defects).toEqual([
      'journal.ndjson line 1: prev is not the hash of intent.json',
    ]);
  });
});
