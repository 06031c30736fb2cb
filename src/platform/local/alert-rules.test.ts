import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { alertsOf } from './alert-rules.ts';
import { loadLocalConfig } from './config.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-rules-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function alertsIn(text: string): readonly string[] {
  const rules = join(directory, 'rules.yaml');
  writeFileSync(rules, text);
  const { prometheus } = loadLocalConfig();
  return alertsOf({ prometheus: { ...prometheus, rules } });
}

test('ours, and those of a file, each once', () => {
  expect(alertsOf(loadLocalConfig())).toEqual([
    'PrometheusDown',
    'AlertmanagerDown',
    'CassandraDiskFull',
    'CassandraCompactionLag',
    'PulsarMessageBacklog',
    'Watchdog',
  ]);
  expect(
    alertsIn(
      'groups: [{ name: a, rules: [{ alert: DiskFull, expr: x }, { record: y, expr: x }] }, { name: b, rules: [{ alert: DiskFull, expr: z }] }]',
    ),
  ).toEqual(['DiskFull']);
});

test.each([
  ['no YAML', 'groups: [', /rules\.yaml: expected alert rules of Prometheus/],
  ['something else', 'alerts: []', /groups/],
  ['empty', '', /expected alert rules of Prometheus/],
])('a file that is %s is named', (_, text, problem) => {
  expect(() => alertsIn(text)).toThrow(problem);
});

test('one that is not there is named', () => {
  const { prometheus } = loadLocalConfig();
  expect(() => alertsOf({ prometheus: { ...prometheus, rules: join(directory, 'none.yaml') } })).toThrow(
    /none\.yaml: cannot be read: there is no such file/,
  );
});
