import { InputError } from '../errors.ts';
import { bandwidth } from './bandwidth.ts';
import { clockSkew } from './clock-skew.ts';
import { compactionLag } from './compaction-lag.ts';
import { cpuQuota } from './cpu-quota.ts';
import { cpuStarvation } from './cpu-starvation.ts';
import { crashLoop } from './crash-loop.ts';
import { credentialsRevoked } from './credentials-revoked.ts';
import { dataCorruption } from './data-corruption.ts';
import { dataLoss } from './data-loss.ts';
import { diskFull } from './disk-full.ts';
import { dnsFailure } from './dns-failure.ts';
import type { FaultType } from './fault.ts';
import { firewallBlock } from './firewall-block.ts';
import { graphDamage } from './graph-damage.ts';
import { indexCorruption } from './index-corruption.ts';
import { kill } from './kill.ts';
import { memoryPressure } from './memory-pressure.ts';
import { networkDelay } from './network-delay.ts';
import { packetLoss } from './packet-loss.ts';
import { partitionSite } from './partition-site.ts';
import { pause } from './pause.ts';
import { rateLimit } from './rate-limit.ts';
import { restart } from './restart.ts';
import { runawayQueries } from './runaway-queries.ts';
import { scaleDatacenter } from './scale-datacenter.ts';
import { siteLoss } from './site-loss.ts';
import { slowDisk } from './slow-disk.ts';
import { sstableCorruption } from './sstable-corruption.ts';
import { stop } from './stop.ts';
import { topicUnload } from './topic-unload.ts';

/** Every kind of fault there is, by type. A new one is its file, its test and one line here. */
export const FAULTS: ReadonlyMap<string, FaultType> = registry([
  siteLoss,
  scaleDatacenter,
  partitionSite,
  firewallBlock,
  packetLoss,
  bandwidth,
  networkDelay,
  kill,
  stop,
  pause,
  restart,
  crashLoop,
  cpuStarvation,
  cpuQuota,
  memoryPressure,
  diskFull,
  sstableCorruption,
  graphDamage,
  dataLoss,
  dataCorruption,
  indexCorruption,
  slowDisk,
  dnsFailure,
  clockSkew,
  compactionLag,
  runawayQueries,
  topicUnload,
  rateLimit,
  credentialsRevoked,
]);

function registry(types: readonly FaultType[]): ReadonlyMap<string, FaultType> {
  const map = new Map<string, FaultType>();
  for (const type of types) {
    if (map.has(type.type)) throw new Error(`two faults are registered as ${type.type}`);
    map.set(type.type, type);
  }
  return map;
}

/** The kind of fault of this type; an InputError that lists what there is. */
export function faultType(type: string): FaultType {
  const found = FAULTS.get(type);
  if (!found) throw new InputError(`unknown fault ${type}; there is ${[...FAULTS.keys()].join(', ')}`);
  return found;
}
