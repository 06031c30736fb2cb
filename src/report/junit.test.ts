import { expect, test } from 'vitest';
import { renderJUnit } from './junit.ts';
import { emptyReport, failingReport, passingReport, unknownReport } from './testing.ts';
import { hostileReport } from './testing-hostile.ts';

function numbers(xml: string): Record<string, number> {
  const suite = /<testsuite [^>]*>/.exec(xml)?.[0] ?? '';
  return Object.fromEntries(
    ['tests', 'failures', 'errors'].map((name) => [name, Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1])]),
  );
}

test('a run that met everything is green: objectives, one fault, the canary, the run', () => {
  expect(numbers(renderJUnit(passingReport()))).toEqual({ tests: 10, failures: 0, errors: 0 });
});

test('a missed objective is a failure with its reason', () => {
  const xml = renderJUnit(failingReport());
  expect(numbers(xml)).toEqual({ tests: 10, failures: 2, errors: 0 });
  expect(xml).toMatch(
    /name="rpo\/ledger: RPO of ledger, &lt; 5 s"[^>]*><failure type="missed" message="the earliest lost write/,
  );
  expect(xml).toContain('<property name="lost" value="527 of 942 acknowledged writes lost"/>');
});

test('unknown is an error, so that CI is red; also where there is no objective at all', () => {
  const xml = renderJUnit(unknownReport());
  expect(xml.match(/<error type="unknown"/g)).toHaveLength(numbers(xml).errors ?? 0);
  expect(numbers(xml).errors).toBeGreaterThan(4);
  expect(numbers(renderJUnit(emptyReport()))).toEqual({ tests: 2, failures: 0, errors: 2 });
});

test('a fault that is left behind is a failure, one that was never seen an error', () => {
  const report = passingReport();
  const left = { ...report, faults: report.faults.map((fault) => ({ ...fault, gone: null })) };
  const unseen = { ...report, faults: report.faults.map((fault) => ({ ...fault, effective: null })) };
  expect(renderJUnit(left)).toContain('<failure type="missed" message="it was not seen to be gone">');
  expect(renderJUnit(unseen)).toContain('<error type="unknown" message="it was not seen to be in force">');
});

test('hostile text leaves valid XML', () => {
  const xml = renderJUnit(hostileReport());
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no control characters
  expect(xml).not.toMatch(/<script|]]>|[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
  expect(xml.isWellFormed()).toBe(true);
  expect(xml.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
});
