import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { renderMetrics } from '../../src/report/metrics.ts';
import { readRuns } from '../../src/trend/read-runs.ts';
import { historyOf } from '../../src/trend/series.ts';
import { dashboardExpressions } from '../unit/support/dashboard.ts';
import { canHavePromtool, promtool } from './support/promtool.ts';

/** What Prometheus itself says of the alert rules, of the dashboard's expressions and of the figures. */

const MONITORING = new URL('../../deploy/monitoring/', import.meta.url).pathname;
const RULES = 'drill-alerts.yaml';
const TESTS = 'drill-alerts.test.yaml';

describe.runIf(canHavePromtool)('promtool', () => {
  const directory = mkdtempSync(join(tmpdir(), 'drill-promtool-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  let tool = '';
  beforeAll(() => {
    tool = promtool();
  });

  const ask = (args: readonly string[], input?: string): { readonly code: number | null; readonly said: string } => {
    const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8', input });
    return { code: status, said: stdout + stderr };
  };
  const alerts = () => readFileSync(join(MONITORING, RULES), 'utf8');

  test('the alert rules are rules, and their tests pass', () => {
    expect(ask(['check', 'rules', join(MONITORING, RULES)])).toMatchObject({ code: 0 });
    expect(ask(['test', 'rules', join(MONITORING, TESTS)])).toMatchObject({ code: 0 });
  });

  test.each([
    ['an alarm a day early', 'for: 2d', 'for: 1d'],
    ['a missed objective that is no alarm', 'verdict="fail"} == 1', 'verdict="fail"} == 2'],
    ['figures that may be older', '> 172800', '> 259200'],
  ])('their tests show %s', (_, from, to) => {
    const changed = alerts().replace(from, to);
    expect(changed).not.toBe(alerts());
    writeFileSync(join(directory, RULES), changed);
    cpSync(join(MONITORING, TESTS), join(directory, TESTS));
    expect(ask(['test', 'rules', join(directory, TESTS)])).toMatchObject({ code: 1 });
  });

  test('every expression of the dashboard is one', () => {
    const rules = dashboardExpressions().map((expr, n) => ({ record: `dashboard:${n}`, expr }));
    const file = join(directory, 'dashboard.yaml');
    writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(ask(['check', 'rules', file])).toMatchObject({
      code: 0,
      said: expect.stringContaining(`${rules.length} rules`),
    });
  });

  test('the figures of a real run are metrics, and nothing is to be said against them', () => {
    cpSync(new URL('../../reports/example/', import.meta.url).pathname, join(directory, 'site-failover'), {
      recursive: true,
    });
    const { runs, unread } = readRuns(directory);
    expect(runs).toHaveLength(1);
    const metrics = renderMetrics({ history: historyOf(runs), unread, coverage: [], exercises: [] });
    expect(ask(['check', 'metrics'], metrics)).toEqual({ code: 0, said: '' });
    expect(ask(['check', 'metrics'], metrics.replace(/ gauge\n/, ' guage\n'))).not.toMatchObject({ code: 0 });
  });
});
