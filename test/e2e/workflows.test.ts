import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

/** What actionlint says of the workflows. It is built by Go, which runners have; where there is none it cannot be had. */
const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.7';
const WORKFLOWS = new URL('../../.github/workflows', import.meta.url).pathname;
const hasGo = spawnSync('go', ['version']).status === 0;

describe.runIf(hasGo)('actionlint', () => {
  const directory = mkdtempSync(join(tmpdir(), 'drill-workflows-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const copy = join(directory, '.github/workflows');
  mkdirSync(join(directory, '.git'));
  cpSync(WORKFLOWS, copy, { recursive: true });
  const lint = () => spawnSync('go', ['run', ACTIONLINT], { cwd: directory, encoding: 'utf8' });

  test('the workflows are right', () => {
    const { status, stdout, stderr } = lint();
    expect([status, stdout], stderr).toEqual([0, '']);
  });

  test('an input that the called workflow does not know is seen', () => {
    const nightly = readFileSync(join(copy, 'nightly.yml'), 'utf8');
    writeFileSync(join(copy, 'nightly.yml'), nightly.replace('minutes:', 'hours:'));
    expect(lint()).toMatchObject({ status: 1, stdout: expect.stringContaining('"hours" is not defined') });
  });
});
