import { InputError } from '../errors.ts';
import { alertmanagerProbe } from './alertmanager.ts';
import { apiProbe } from './api.ts';
import { cqlProbe } from './cql.ts';
import { customersProbe } from './customers.ts';
import { gremlinProbe } from './gremlin.ts';
import { opensearchProbe } from './opensearch.ts';
import { pipelineProbe } from './pipeline.ts';
import type { ProbeType } from './probe.ts';
import { prometheusProbe } from './prometheus.ts';
import { pulsarProbe } from './pulsar.ts';
import { redisProbe } from './redis.ts';
import { registerProbe } from './register.ts';
import { transfersProbe } from './transfers.ts';

/** Every kind of probe there is, by name. A new one is its file, its test and one line here. */
export const PROBES: ReadonlyMap<string, ProbeType> = registry([
  cqlProbe,
  gremlinProbe,
  registerProbe,
  transfersProbe,
  customersProbe,
  opensearchProbe,
  prometheusProbe,
  alertmanagerProbe,
  pulsarProbe,
  apiProbe,
  pipelineProbe,
  redisProbe,
]);

/** Probes by name; an Error when two have the same. */
export function registry(types: readonly ProbeType[]): ReadonlyMap<string, ProbeType> {
  const map = new Map<string, ProbeType>();
  for (const type of types) {
    if (map.has(type.probe)) throw new Error(`two probes are registered as ${type.probe}`);
    map.set(type.probe, type);
  }
  return map;
}

/** The kind of probe of this name; an InputError that lists what there is. */
export function probeType(probes: ReadonlyMap<string, ProbeType>, name: string): ProbeType {
  const found = probes.get(name);
  if (!found) throw new InputError(`unknown probe ${name}; there is ${[...probes.keys()].join(', ')}`);
  return found;
}
