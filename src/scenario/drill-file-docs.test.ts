import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseDrillFile } from './drill-file-load.ts';
import { formatProblem } from './problem.ts';

test('every example in docs/drill-file.md is right', () => {
  const text = readFileSync(new URL('../../docs/drill-file.md', import.meta.url), 'utf8');
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);
  expect(examples).toHaveLength(2);
  for (const yaml of examples) {
    const parsed = parseDrillFile(new TextEncoder().encode(yaml), 'docs/drill-file.md');
    expect(parsed.ok ? [] : parsed.problems.map(formatProblem)).toEqual([]);
  }
});
