import fc from 'fast-check';
import { expect, test } from 'vitest';
import { oracle } from './oracle/oracle.ts';
import { sketchArbitrary } from './support/arbitrary-run.ts';
import { buildRun } from './support/build-run.ts';
import { checkInput } from './support/check-sketch.ts';
import { sidesOf } from './support/compare.ts';
import { parametersFor, TIMEOUT_MS } from './support/runs.ts';

test('every figure of a run is what measurement.md says, word by word', { timeout: TIMEOUT_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(sketchArbitrary, async (sketch) => {
      const input = buildRun(sketch);
      const { expected, got } = sidesOf(await checkInput(input), oracle(input), input);
      expect(got).toEqual(expected);
    }),
    parametersFor(1),
  );
});

test('the order of the rows changes nothing, nor does checking twice', { timeout: TIMEOUT_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(sketchArbitrary, async (sketch) => {
      const inOrder = await checkInput(buildRun({ ...sketch, shuffle: 0 }));
      const shuffled = await checkInput(buildRun({ ...sketch, shuffle: 5 }));
      expect(JSON.stringify(shuffled)).toBe(JSON.stringify(inOrder));
    }),
    parametersFor(0.2),
  );
});

test('fail beats unknown beats pass; a fault that is not gone is a fail', { timeout: TIMEOUT_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(sketchArbitrary, async (sketch) => {
      const input = buildRun(sketch);
      const report = await checkInput(input);
      const verdicts = report.objectives.map(({ verdict }) => verdict);
      if (verdicts.includes('fail') || oracle(input).leftover) expect(report.verdict).toBe('fail');
      else if (verdicts.includes('unknown')) expect(report.verdict).not.toBe('pass');
      for (const { verdict, reason } of report.objectives) if (verdict !== 'pass') expect(reason).not.toBe('');
      if (report.run.defects.length > 0) expect(report.verdict).not.toBe('pass');
    }),
    parametersFor(0.2),
  );
});

test('without the canary no run passes', { timeout: TIMEOUT_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(sketchArbitrary, async (sketch) => {
      const report = await checkInput(buildRun({ ...sketch, canary: false }));
      expect(report.canary.verdict).toBe('unknown');
      expect(report.verdict).not.toBe('pass');
    }),
    parametersFor(0.1),
  );
});
