import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Component } from '../platform.ts';
import { rulesFile } from './alert-rules.ts';
import type { Classes, ComponentKind, Placed, StartCommand } from './component-kind.ts';
import { addressOf, type LocalConfig } from './config.ts';
import { type Packaged, versionOf } from './packaged-program.ts';
import { componentsIn, nodesOf, portOf } from './places.ts';

/** Of every site: who looks after them is not struck with them. */
const MONITORING = ['prometheus', 'alertmanager'] as const;
/** What tells of itself in its own site: under which path, and where not at the port for its clients, at which. */
const SCRAPED: Readonly<
  Partial<Record<Component, { readonly path: string; readonly port?: (config: LocalConfig) => number }>>
> = {
  cassandra: { path: '/metrics', port: ({ cassandra }) => cassandra.metricsPort },
  pulsar: { path: '/metrics/' },
  'node-exporter': { path: '/metrics' },
};

const PACKAGED: Packaged = { programs: ['prometheus'], package: 'prometheus' };

/** The Prometheus of a site: it looks after its own site, as far as anything in it tells of itself, and after the monitoring of every other. */
export const prometheus: ComponentKind = {
  component: 'prometheus',
  runtime: 'program',
  packaged: PACKAGED,
  get version() {
    return versionOf(PACKAGED);
  },
  heap: () => 'unlimited',
  modules: [],
  command: (placed, classes) => prometheusCommand(placed, classes),
};

function prometheusCommand(placed: Placed, { home }: Classes): StartCommand {
  const { config, site, node, directory } = placed;
  mkdirSync(directory, { recursive: true });
  const at = (name: string): string => join(directory, name);
  writeFileSync(at('prometheus.yml'), stringify(settings(placed)));
  return {
    directory,
    log: at('output.log'),
    program: home as string,
    args: [
      `--config.file=${at('prometheus.yml')}`,
      `--storage.tsdb.path=${at('data')}`,
      `--web.listen-address=${addressOf(config, site, node)}:${config.prometheus.port}`,
      // Writes of the probe come in, and are deleted again, by its own interfaces for it.
      '--web.enable-remote-write-receiver',
      '--web.enable-admin-api',
    ],
  };
}

function settings({ config, site }: Placed): Readonly<Record<string, unknown>> {
  const { scrapeSeconds } = config.prometheus;
  return {
    global: {
      scrape_interval: `${scrapeSeconds}s`,
      evaluation_interval: `${scrapeSeconds}s`,
      scrape_timeout: `${Math.min(scrapeSeconds, 10)}s`,
      // Of an alert that is about no site: that of who raises it. Alerts about a site are the same, whoever raises them.
      external_labels: { site: config.sites[site]?.name },
    },
    rule_files: [rulesFile(config)],
    alerting: {
      alertmanagers: [{ static_configs: [{ targets: everySite(config, 'alertmanager').map(({ target }) => target) }] }],
    },
    scrape_configs: [
      ...MONITORING.map((component) => scraped(component, everySite(config, component))),
      ...componentsIn(config).flatMap((component) => {
        const tells = SCRAPED[component];
        if (!tells) return [];
        return [scraped(component, targetsOf(config, site, component, tells.port?.(config)), tells.path)];
      }),
    ],
  };
}

interface Target {
  readonly target: string;
  /** Of its site. */
  readonly name: string;
}

function scraped(component: Component, targets: readonly Target[], path?: string): Readonly<Record<string, unknown>> {
  return {
    job_name: component,
    ...(path !== undefined && { metrics_path: path }),
    static_configs: targets.map(({ target, name }) => ({ targets: [target], labels: { site: name, component } })),
  };
}

function everySite(config: LocalConfig, component: Component): readonly Target[] {
  return config.sites.flatMap((_, site) => targetsOf(config, site, component));
}

function targetsOf(
  config: LocalConfig,
  site: number,
  component: Component,
  port: number = portOf(config, component),
): readonly Target[] {
  const name = config.sites[site]?.name as string;
  return nodesOf(config, component).map((node) => ({
    name,
    target: `${addressOf(config, site, node)}:${port}`,
  }));
}
