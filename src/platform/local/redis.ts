import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Classes, ComponentKind, Placed, StartCommand } from './component-kind.ts';
import { addressOf } from './config.ts';
import { libraryPath, type Packaged, versionOf } from './packaged-program.ts';
import { portOf } from './places.ts';

const PACKAGED: Packaged = {
  programs: ['redis-server'],
  package: 'redis-server',
  // What it is a link to, and libraries that are not on every machine.
  beside: ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'],
};

/** One of each site's own, which keeps what it was told in its log (AOF). It runs until it is told to end, and knows nothing of those of other sites. */
export const redis: ComponentKind = {
  component: 'redis',
  runtime: 'program',
  packaged: PACKAGED,
  get version() {
    return versionOf(PACKAGED);
  },
  heap: () => 'unlimited',
  modules: [],
  command: (placed, classes) => redisCommand(placed, classes),
};

function redisCommand({ config, site, node, directory }: Placed, { home }: Classes): StartCommand {
  mkdirSync(directory, { recursive: true });
  const libraries = libraryPath(PACKAGED);
  const settings = {
    bind: addressOf(config, site, node),
    port: portOf(config, 'redis'),
    dir: directory,
    // Nobody but the platform's own reaches its network.
    'protected-mode': 'no',
    daemonize: 'no',
    save: '',
    appendonly: 'yes',
    appendfsync: config.redis.fsync,
  };
  return {
    directory,
    log: join(directory, 'output.log'),
    program: 'env',
    args: [
      ...(libraries === '' ? [] : [`LD_LIBRARY_PATH=${libraries}`]),
      home as string,
      ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]),
    ],
  };
}
