import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConsumerConfig } from '../../../clusters/local/consumer/config.ts';
import { PIPELINE } from '../pipeline.ts';
import type { ComponentKind, Placed, StartCommand } from './component-kind.ts';
import { addressOf } from './config.ts';

const MAIN = fileURLToPath(new URL('../../../clusters/local/consumer/main.ts', import.meta.url));
const GRAPH_TIMEOUT_MS = 10_000;
/** As the platform's own consumers have it. */
const REDELIVERIES = 3;

/** The consumer of a site. No image of the platform's own is to be had here: this one is ours, between the real Pulsar and the real graph. */
export const consumer: ComponentKind = {
  component: 'consumer',
  runtime: 'node',
  version: '1.0.0',
  heap: (config) => config.consumer.heap,
  modules: [],
  command: (placed) => consumerCommand(placed),
};

function consumerCommand({ config, site, node, directory }: Placed): StartCommand {
  mkdirSync(directory, { recursive: true });
  const at = (name: string): string => join(directory, name);
  const settings: ConsumerConfig = {
    host: addressOf(config, site, node),
    port: config.consumer.port,
    pulsar: { host: addressOf(config, site), port: config.pulsar.webPort },
    ...PIPELINE,
    redeliveries: REDELIVERIES,
    batch: config.consumer.batch,
    graph: { host: addressOf(config, site), port: config.janusgraph.port },
    graphTimeoutMs: GRAPH_TIMEOUT_MS,
  };
  writeFileSync(at('config.json'), JSON.stringify(settings));
  const heapMb = Number.parseInt(config.consumer.heap, 10);
  return { directory, log: at('output.log'), args: [`--max-old-space-size=${heapMb}`, MAIN, at('config.json')] };
}
