import type { Component } from '../platform.ts';
import { alertmanager } from './alertmanager.ts';
import { api } from './api.ts';
import { cassandra } from './cassandra.ts';
import type { ComponentKind } from './component-kind.ts';
import { consumer } from './consumer.ts';
import { janusgraph } from './janusgraph.ts';
import { nodeExporter } from './node-exporter.ts';
import { opensearch } from './opensearch.ts';
import { prometheus } from './prometheus.ts';
import { pulsar } from './pulsar.ts';
import { redis } from './redis.ts';

/** Every kind of process that the local platform can run. */
export const KINDS: Readonly<Record<Component, ComponentKind>> = {
  cassandra,
  janusgraph,
  opensearch,
  pulsar,
  api,
  consumer,
  'node-exporter': nodeExporter,
  prometheus,
  alertmanager,
  redis,
};
