import { findClockLibrary } from '../platform/local/clock-library.ts';
import { type LocalConfig, loadLocalConfig } from '../platform/local/config.ts';
import { type Controller, findGroupHomes } from '../platform/local/group-home.ts';

const CONTROLLERS: readonly Controller[] = ['memory', 'disk', 'cpu'];

/** The local platform with every option that this machine can do and that leaves it as it is otherwise: host names, clocks that can be set, limits of processes. */
export function ablest(): LocalConfig {
  return {
    ...loadLocalConfig(),
    names: { domain: 'drill.internal', ttlSeconds: 5 },
    clocks: findClockLibrary() === null ? 'machine' : 'adjustable',
    processGroups: limitable(),
  };
}

/** As many controllers as this user may have together, in this order. */
function limitable(): Controller[] {
  const found: Controller[] = [];
  for (const one of CONTROLLERS) if (typeof findGroupHomes([...found, one]) !== 'string') found.push(one);
  return found;
}

/** The local platform whose commit logs have disks of their own, so small that one can be filled. */
export function withSmallDisks(): LocalConfig {
  const config = loadLocalConfig();
  return { ...config, cassandra: { ...config.cassandra, commitLogDisk: '96m' } };
}
