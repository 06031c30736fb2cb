import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { metricNames } from '../../src/report/metrics.ts';
import { dashboard, dashboardExpressions } from './support/dashboard.ts';

const { groups } = parse(readFileSync(new URL('../../deploy/monitoring/drill-alerts.yaml', import.meta.url), 'utf8'));
const alertExpressions: string[] = groups.flatMap(({ rules }: { rules: { expr: string }[] }) =>
  rules.map(({ expr }) => expr),
);

test('alerts and dashboard ask for what is written, and for nothing else', () => {
  const asked = [...alertExpressions, ...dashboardExpressions()].flatMap((expr) => expr.match(/\bdrill_\w+/g) ?? []);
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.filter((name) => !metricNames().includes(name))).toEqual([]);
});

test('the dashboard has what Grafana asks of its JSON model; no panel lies over another, or beside the grid', () => {
  const { panels, templating } = dashboard();
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { gridPos, targets } of panels) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
  }
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, n) => `${x + (n % w)} ${y + Math.floor(n / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  const used = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/\$\w+/g) ?? []));
  const known = templating.list.map(({ name }) => `$${name}`);
  expect(used.filter((name) => !known.includes(name))).toEqual([]);
});
