import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { Budget, Distribution, HISTOGRAM_ERROR } from '../../k6/runners/distribution.ts';
import { mergeRunners } from '../../k6/runners/merge.ts';
import { mergeCommand } from '../../k6/runners/merge-command.ts';

const directory = mkdtempSync(join(tmpdir(), 'drill-merge-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let made = 0;

function file(content: string | Buffer): string {
  made += 1;
  const path = join(directory, `${made}.json`);
  writeFileSync(path, content);
  return path;
}

type Outcome = 'ok' | 'fail' | 'info';
const point = (metric: string, value: number, tags: Record<string, string>): string =>
  `${JSON.stringify({ metric, type: 'Point', data: { time: '2026-01-31T12:00:00.123456789Z', value, tags } })}\n`;
const operation = (ms: number, outcome: Outcome = 'ok', phase = 'load', runner = '1', run = 'k6-1'): string =>
  point('cql_req_duration', ms, { outcome, phase, instance_id: runner, operation: 'write', run });

/** Slow and obvious: all values of all runners, sorted. */
function obvious(values: readonly number[], q: number): number | null {
  return values.toSorted((a, b) => a - b)[Math.ceil((Math.round(q * 100) * values.length) / 100) - 1] ?? null;
}

/** As k6 has them: whole nanoseconds, in ms. */
const times = fc.array(
  fc.integer({ min: 0, max: 60_000_000_000 }).map((ns) => ns / 1e6),
  { maxLength: 300 },
);
const outcomes = fc.constantFrom<Outcome>('ok', 'fail', 'info');
const samples = fc.array(fc.record({ ms: times.map(([first = 0.5]) => first), outcome: outcomes }), { maxLength: 60 });

describe('what several runners measured is what one would have measured', () => {
  test('exactly, whatever is in which file, zipped or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(samples, { minLength: 1, maxLength: 4 }), fc.boolean(), async (runners, zipped) => {
        const files = runners.map((all, runner) => {
          const text = `{"type":"Metric","metric":"cql_req_duration","data":{}}\n${all
            .map(({ ms, outcome }) => operation(ms, outcome, 'load', String(runner)))
            .join('')}`;
          return file(zipped ? gzipSync(text) : text);
        });
        const merged = await mergeRunners(files);
        const all = runners.flat();
        const ok = all.filter(({ outcome }) => outcome === 'ok').map(({ ms }) => ms);
        const count = (outcome: Outcome): number => all.filter((one) => one.outcome === outcome).length;
        expect(merged.error).toBe(0);
        expect(merged.rows).toEqual(
          all.length === 0
            ? []
            : [
                {
                  ...{ service: 'cql', phase: 'load', ok: count('ok'), fail: count('fail'), info: count('info') },
                  ...{ p50Ms: obvious(ok, 0.5), p95Ms: obvious(ok, 0.95), p99Ms: obvious(ok, 0.99) },
                  maxMs: ok.length === 0 ? null : Math.max(...ok),
                },
              ],
        );
      }),
      { numRuns: 50 },
    );
  });

  test('beyond what is kept by a histogram that is never too low, and too high by no more than it says', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 200 }), (values, kept) => {
        const budget = new Budget(kept);
        const distribution = new Distribution(budget);
        for (const ms of values) distribution.add(ms);
        expect(budget.exact).toBe(values.length <= kept);
        expect(distribution.max).toBe(Math.max(0, ...values));
        for (const [at, q] of [0.01, 0.5, 0.95, 0.99, 1].entries()) {
          const truth = obvious(values, q);
          const found = distribution.quantiles([0.01, 0.5, 0.95, 0.99, 1])[at] ?? null;
          if (truth === null || budget.exact) expect(found).toBe(truth);
          else {
            expect(found).toBeGreaterThanOrEqual(truth);
            expect(found).toBeLessThanOrEqual(truth * (1 + HISTOGRAM_ERROR) + 0.0011);
          }
        }
      }),
    );
  });

  test('one budget is for all: none stays exact beside one that is not', () => {
    const budget = new Budget(3);
    const [first, second] = [new Distribution(budget), new Distribution(budget)];
    for (const ms of [1, 2]) first.add(ms);
    for (const ms of [3, 4]) second.add(ms);
    expect(budget.exact).toBe(false);
    expect([first.count, second.count, new Distribution(budget).count]).toEqual([2, 2, 0]);
  });

  test('the P95 of two runners is not the mean of theirs', async () => {
    const quick = Array.from({ length: 95 }, () => operation(1)).join('');
    const slow = Array.from({ length: 5 }, () => operation(1000)).join('');
    const merged = await mergeRunners([file(quick + quick), file(slow + slow)]);
    expect(merged.rows[0]).toMatchObject({ ok: 200, p95Ms: 1, p99Ms: 1000 });
  });

  test('steps and services apart; what was not begun by scenario; what was wrong in all', async () => {
    const merged = await mergeRunners([
      file(operation(1, 'ok', 'warm-up') + operation(2) + point('dropped_iterations', 3, { scenario: 'load' })),
      file(point('gremlin_req_duration', 9, { outcome: 'info', phase: 'load' }) + point('wrong_answers', 1, {})),
      file(point('dropped_iterations', 4, { scenario: 'load' }) + point('iterations', 1, {})),
    ]);
    expect(merged.rows.map(({ service, phase, ok, info, p95Ms }) => [service, phase, ok, info, p95Ms])).toEqual([
      ['cql', 'warm-up', 1, 0, 1],
      ['cql', 'load', 1, 0, 2],
      ['gremlin', 'load', 0, 1, null],
    ]);
    expect([merged.dropped, merged.wrongAnswers]).toEqual([{ load: 7 }, 1]);
  });
});

describe('what is not k6’s', () => {
  test.each([
    ['nothing', '', /expected samples of k6, got nothing/],
    ['a word', 'hello\n', /:1: expected a line of k6/],
    ['a summary', '{"metrics":{}}\n', /:1: expected a line of k6/],
    ['a time that is none', operation(1).replace(/2026[^"]*/, 'yesterday'), /:1: .*a time that is none/],
    ['no number', operation(1).replace('"value":1', '"value":"1"'), /:1: expected a line of k6/],
    ['an outcome of nobody', operation(1, 'good' as Outcome), /expected an outcome and a time of our extensions/],
    ['less than no time', operation(-1), /expected an outcome and a time of our extensions/],
    ['a line without an end', `${'x'.repeat(3 << 20)}`, /a line without an end/],
    [
      'something zipped that is broken',
      Buffer.concat([gzipSync(operation(1)).subarray(0, 12), Buffer.alloc(40, 7)]),
      /cannot be read/,
    ],
  ])('%s is refused with its place', async (_, content, message) => {
    await expect(mergeRunners([file(content)])).rejects.toThrow(message);
  });

  test('is refused also after what is', async () => {
    await expect(mergeRunners([file(`${operation(1)}${operation(2)}{}\n`)])).rejects.toThrow(/:3: expected a line/);
  });
});

describe('npm run k6 -- merge', () => {
  const run = async (...args: readonly string[]) => {
    const said: string[] = [];
    const code = await mergeCommand(args, (text) => said.push(text));
    return { code, text: said.join('') };
  };

  test('says how sure its figures are', async () => {
    const one = file(operation(1) + operation(2));
    expect(await run(one)).toEqual({ code: 0, text: expect.stringContaining('exact, by nearest rank') });
    expect((await run('--exact', '1', one)).text).toContain('too high by at most 0.1 % and 1 µs');
    expect(JSON.parse((await run('--json', one)).text)).toMatchObject({ error: 0, rows: [{ ok: 2, p95Ms: 2 }] });
  });

  test.each([
    ['zipped', () => gzipSync(operation(1).repeat(500)).subarray(0, 60)],
    ['plain', () => operation(1) + operation(2).slice(0, 30)],
  ])('what a runner that died left (%s) is refused, or said to be incomplete', async (_, content) => {
    const torn = file(content());
    await expect(run(torn)).rejects.toThrow(/ends in its middle/);
    expect(await run('--torn', torn)).toEqual({ code: 2, text: expect.stringContaining(`INCOMPLETE: ${torn}`) });
  });

  test('a file counts once, and so does a runner', async () => {
    const [one, copy, other] = [file(operation(1)), file(operation(1)), file(operation(1, 'ok', 'load', '2'))];
    await expect(run(one, one)).rejects.toThrow(/given twice/);
    await expect(run(one, copy)).rejects.toThrow(/both of runner 1/);
    expect((await run(one, other)).text).toContain('ok 2');
    const later = file(operation(1, 'ok', 'load', '3', 'k6-2'));
    await expect(run(one, other, later)).rejects.toThrow(/of several runs: k6-1, k6-2/);
    await expect(run('--runners', '3', one, other)).rejects.toThrow(/a file of each of 3 runners, got 2 files/);
  });

  test.each([[[]], [['--exact', 'lots', 'x']], [['--fast', 'x']], [['/nowhere']]])('%j is wrong', async (args) => {
    await expect(run(...args)).rejects.toThrow();
  });
});
