import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Classes, ComponentKind, Placed, StartCommand } from './component-kind.ts';
import { addressOf } from './config.ts';
import { type Packaged, versionOf } from './packaged-program.ts';

const PACKAGED: Packaged = {
  programs: ['node_exporter', 'prometheus-node-exporter'],
  package: 'prometheus-node-exporter',
};

/** What tells the Prometheus of a site of its disks: those of the platform's own mounts as well. Memory and processors are those of the one machine on which all sites are. */
export const nodeExporter: ComponentKind = {
  component: 'node-exporter',
  runtime: 'program',
  packaged: PACKAGED,
  get version() {
    return versionOf(PACKAGED);
  },
  heap: () => 'unlimited',
  modules: [],
  command: (placed, classes) => exporterCommand(placed, classes),
};

function exporterCommand({ config, site, node, directory }: Placed, { home }: Classes): StartCommand {
  mkdirSync(directory, { recursive: true });
  return {
    directory,
    log: join(directory, 'output.log'),
    program: home as string,
    args: [
      `--web.listen-address=${addressOf(config, site, node)}:${config.nodeExporter.port}`,
      '--collector.disable-defaults',
      '--collector.filesystem',
      '--collector.meminfo',
      '--collector.cpu',
      // On one machine the disks of every site are mounted: those of the others are theirs to tell of.
      `--collector.filesystem.mount-points-exclude=${excluded(config, site)}`,
    ],
  };
}

/** RE2, as Go has it. Directories are called `paris-cassandra-0`. */
function excluded({ sites }: Placed['config'], own: number): string {
  const others = sites.flatMap(({ name }, site) => (site === own ? [] : [name]));
  return `^/(dev|proc|sys|run)($|/)${others.length === 0 ? '' : `|/(${others.join('|')})-cassandra-[0-9]+/`}`;
}
