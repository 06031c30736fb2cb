import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadLocalConfig, withComponents } from './config.ts';
import { prometheus } from './prometheus.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'drill-prometheus-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

interface Job {
  readonly job_name: string;
  readonly metrics_path?: string;
  readonly static_configs: readonly { readonly targets: readonly string[]; readonly labels: object }[];
}

/** What the Prometheus of a site looks after. */
function jobsOf(site: number, components: Parameters<typeof withComponents>[1]): readonly Job[] {
  const config = withComponents(loadLocalConfig(), components);
  const classes = { jars: [], archive: [], home: '/usr/bin/prometheus' };
  prometheus.command({ config, site, node: 0, directory: home }, classes);
  return (parse(readFileSync(join(home, 'prometheus.yml'), 'utf8')) as { scrape_configs: readonly Job[] })
    .scrape_configs;
}

test('it looks after the monitoring of every site, and after what tells of itself in its own', () => {
  const jobs = jobsOf(1, ['pulsar', 'consumer', 'prometheus', 'alertmanager']);
  const targets = Object.fromEntries(
    jobs.map(({ job_name: name, static_configs: all }) => [name, all.flatMap((one) => one.targets)]),
  );
  expect(targets).toEqual({
    prometheus: ['10.77.1.10:9090', '10.77.2.10:9090', '10.77.3.10:9090'],
    alertmanager: ['10.77.1.10:9093', '10.77.2.10:9093', '10.77.3.10:9093'],
    cassandra: ['10.77.2.10:7070'],
    pulsar: ['10.77.2.10:8080'],
    'node-exporter': ['10.77.2.10:9100'],
  });
  expect(jobs.find(({ job_name: name }) => name === 'pulsar')).toMatchObject({
    metrics_path: '/metrics/',
    static_configs: [{ labels: { site: 'london', component: 'pulsar' } }],
  });
});

test('what a platform has not is looked after by nobody', () => {
  expect(jobsOf(0, ['prometheus', 'alertmanager']).map(({ job_name: name }) => name)).toEqual([
    'prometheus',
    'alertmanager',
    'cassandra',
    'node-exporter',
  ]);
});
