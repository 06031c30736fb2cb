import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { cpuOfTree, parseStat } from '../../bench/load/cpu.ts';
import type { Figures } from '../../bench/load/measure.ts';
import { measure } from '../../bench/load/measure.ts';
import { median, rotated, tableOf } from '../../bench/load/table.ts';

const stat = (pid: number, name: string, parent: number, ticks: readonly number[]): string =>
  `${pid} (${name}) S ${parent} 1 1 0 -1 0 1 2 3 4 ${ticks.join(' ')} 20 0 1 0 99`;

describe('CPU of processes', () => {
  test('is user and system time, with that of children that were waited for, whatever the name', () => {
    expect(parseStat(stat(7, 'k6', 1, [1, 2, 3, 4]))).toEqual({ pid: 7, parent: 1, cpuUs: 100_000 });
    expect(parseStat(stat(8, 'a) S 99 (b', 7, [1, 0, 0, 0]))).toEqual({ pid: 8, parent: 7, cpuUs: 10_000 });
  });

  test('what is no such line is an error, and no figure', () => {
    expect(() => parseStat('')).toThrow(/not a line/);
    expect(() => parseStat('7 (k6) S 1 1')).toThrow(/not a line/);
  });

  test('of a tree is that of all below it, and of nobody else', () => {
    const processes = [
      { pid: 1, parent: 0, cpuUs: 1 },
      { pid: 2, parent: 1, cpuUs: 20 },
      { pid: 3, parent: 2, cpuUs: 300 },
      { pid: 4, parent: 1, cpuUs: 4000 },
    ];
    expect(cpuOfTree(2, processes)).toBe(320);
    expect(cpuOfTree(1, processes)).toBe(4321);
    expect(cpuOfTree(9, processes)).toBe(0);
  });

  test('of this process grows by what a child of it does', async () => {
    const before = cpuOfTree(process.pid);
    const busy = 'const end = process.cpuUsage().user + 300_000; while (process.cpuUsage().user < end);';
    await once(spawn(process.execPath, ['-e', busy]), 'exit');
    expect(cpuOfTree(process.pid) - before).toBeGreaterThanOrEqual(280_000);
  });
});

describe('a generator', () => {
  const generator = (script: string) => ({
    name: 'mine',
    command: () => [process.execPath, '-e', script],
    env: () => ({}),
  });
  /** A time of 0 is over before any process is. */
  const run = (script: string, seconds = 0): Promise<Figures> =>
    measure(generator(script), { rate: 10, warmUpS: 0, seconds }, AbortSignal.timeout(30_000));
  const said = '{"operations":100,"notOk":1,"latenessP50Us":5,"latenessP99Us":9}';

  test('is measured from its begin, and believed about the rest', async () => {
    const script = `console.log('begin'); setTimeout(() => console.log('${said}'), 1500)`;
    expect(await run(script)).toMatchObject({ operations: 100, notOk: 1, dropped: 0, latenessP50Us: 5 });
  });

  test.each([
    ['that fails', `console.log('begin'); process.exitCode = 3`, /mine: ended with 3/],
    ['that never begins', `console.log('${said}')`, /mine: ended before its time was over, or never began/],
    ['that ends too early', `console.log('begin'); console.log('${said}')`, /mine: ended before its time was over/],
    ['that says nothing', `console.log('begin'); setTimeout(() => {}, 1500)`, /mine: its figures are not understood/],
    [
      'that did nothing',
      `console.log('begin'); setTimeout(() => console.log('${said.replace('100', '0')}'), 1500)`,
      /not understood/,
    ],
  ])('%s has no figures', async (name, script, message) => {
    await expect(run(script, name.includes('too early') ? 3600 : 0)).rejects.toThrow(message);
  });
});

describe('the table', () => {
  test('each round has another order, and each generator each place', () => {
    expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });

  test('the median of few', () => {
    expect([[3], [1, 9], [5, 1, 9]].map(median)).toEqual([3, 5, 5]);
    expect(() => median([])).toThrow();
  });

  test('has medians with the least and the most, ratios to ours, and shares of all rounds', () => {
    const figures = (cpuUs: number, dropped = 0): Figures => ({
      ...{ cpuUs, serverCpuUs: 700, operations: 90, notOk: 9, dropped, latenessP50Us: 1, latenessP99Us: 2 },
    });
    const none = { command: () => [], env: () => ({}) };
    const group = {
      title: 'T',
      rate: 5,
      generators: [
        { name: 'ours', ...none },
        { name: 'peer', ...none },
      ],
    };
    const found = new Map([
      ['ours', [figures(100), figures(300), figures(200)]],
      ['peer', [figures(400, 20), figures(400), figures(400, 10)]],
    ]);
    expect(tableOf(group, found).split('\n').slice(2)).toEqual([
      '| ours | 200 (100–300) |  | 1 (1–1) | 2 (2–2) | 0.00 % | 10.00 % | 700 (700–700) |',
      '| peer | 400 (400–400) | 0.50 | 1 (1–1) | 2 (2–2) | 10.00 % | 10.00 % | 700 (700–700) |',
    ]);
  });
});
