import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Pager } from '../platform.ts';
import { alertsOf } from './alert-rules.ts';
import type { Classes, ComponentKind, Placed, StartCommand } from './component-kind.ts';
import { addressOf, type LocalConfig } from './config.ts';
import { type Packaged, sharedFiles, versionOf } from './packaged-program.ts';

const PACKAGED: Packaged = {
  programs: ['alertmanager', 'prometheus-alertmanager'],
  package: 'prometheus-alertmanager',
};

/** The Alertmanager of a site; all of them know each other, and one of them notifies. */
export const alertmanager: ComponentKind = {
  component: 'alertmanager',
  runtime: 'program',
  packaged: PACKAGED,
  get version() {
    return versionOf(PACKAGED);
  },
  heap: () => 'unlimited',
  modules: [],
  command: (placed, classes) => alertmanagerCommand(placed, classes),
};

/** Debian's looks for its templates where its package puts them: what is to be laid over /usr/share in the platform's own mounts; null: nothing. */
export function templatesOfAlertmanager(): string | null {
  return sharedFiles(PACKAGED, 'prometheus/alertmanager');
}

/** Where whoever is on call is notified: outside the sites, where a run's watcher listens. Nobody does while no run looks for alerts. */
export function pagerOf(config: LocalConfig): Pager {
  // Whosever the rules are: what is scraped, how often, and whom it is routed to is ours.
  return { host: addressOf(config, -1), port: config.alertmanager.pagerPort, standIn: true, alerts: alertsOf(config) };
}

function alertmanagerCommand({ config, site, node, directory }: Placed, { home }: Classes): StartCommand {
  mkdirSync(directory, { recursive: true });
  const at = (name: string): string => join(directory, name);
  writeFileSync(at('alertmanager.yml'), stringify(settings(config)));
  const { port, clusterPort } = config.alertmanager;
  const address = addressOf(config, site, node);
  const peers = config.sites.flatMap((_, other) =>
    other === site ? [] : [`--cluster.peer=${addressOf(config, other, node)}:${clusterPort}`],
  );
  return {
    directory,
    log: at('output.log'),
    program: home as string,
    args: [
      `--config.file=${at('alertmanager.yml')}`,
      `--storage.path=${at('data')}`,
      // What has expired, of every run before, is gone through with every question.
      '--data.retention=2h',
      `--web.listen-address=${address}:${port}`,
      `--cluster.listen-address=${address}:${clusterPort}`,
      `--cluster.advertise-address=${address}:${clusterPort}`,
      ...peers,
    ],
  };
}

function settings(config: LocalConfig): Readonly<Record<string, unknown>> {
  const { host, port } = pagerOf(config);
  return {
    route: {
      receiver: 'pager',
      group_by: ['alertname', 'site', 'component'],
      group_wait: `${config.alertmanager.groupWaitSeconds}s`,
      group_interval: `${config.alertmanager.groupIntervalSeconds}s`,
      repeat_interval: '4h',
      // The dead man's alert comes over and over: that it does not is what it says.
      routes: [
        { matchers: ['alertname = "Watchdog"'], receiver: 'pager', group_interval: '15s', repeat_interval: '30s' },
      ],
    },
    receivers: [{ name: 'pager', webhook_configs: [{ url: `http://${host}:${port}/`, send_resolved: true }] }],
  };
}
