import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isMasked } from './masked-files.ts';

test('a directory with a manifest is what was sealed, whatever else is called as a masked report is', () => {
  const directory = mkdtempSync(join(tmpdir(), 'drill-is-masked-'));
  try {
    expect(isMasked(directory)).toBe(false);
    writeFileSync(join(directory, 'masked.json'), '{}');
    expect(isMasked(directory)).toBe(true);
    writeFileSync(join(directory, 'manifest.json'), '{}');
    expect(isMasked(directory)).toBe(false);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
