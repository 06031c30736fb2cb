import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '../../errors.ts';
import { cassandraYaml } from './cassandra.ts';
import { classPathDigest } from './class-path.ts';
import type { LocalConfig } from './config.ts';
import { GRAPH_KEYSPACE, graphProperties } from './janusgraph.ts';
import { cacheDirectory } from './paths.ts';

/**
 * The data of a whole, new cluster whose graph is set up: each node's `data` as it was after a clean shutdown. A platform that starts from a copy
 * makes no schema, so that its JanusGraph servers need not wait for each other.
 */
export function templateDirectory(config: LocalConfig): string {
  const nodes = config.sites.flatMap((_, site) => [
    ...Array.from({ length: config.nodesPerSite }, (_, node) => cassandraYaml(config, site, node, '')),
    // What a server calls its store does not go into the data.
    graphProperties({ ...config, names: undefined }, site),
  ]);
  const digest = createHash('sha256')
    .update(JSON.stringify([config.sites, nodes, classPathDigest('cassandra'), classPathDigest('janusgraph')]))
    .digest('hex')
    .slice(0, 16);
  return join(cacheDirectory(), `data-${digest}`);
}

/** The template of this configuration; null when there is none yet. */
export function findTemplate(config: LocalConfig): string | null {
  const template = templateDirectory(config);
  return existsSync(template) ? template : null;
}

/** Gives a node that never ran the data that its namesake has in the template. */
export function copyFromTemplate(template: string, node: string, directory: string): void {
  cpSync(join(template, node, 'data'), join(directory, 'data'), { recursive: true });
}

/**
 * Makes a template of nodes that were shut down: `from` holds a directory for each of them. It is there whole or not at all. A PlatformError
 * when a node has not written the graph's settings to its data.
 */
export function makeTemplate(template: string, from: string, nodes: readonly string[]): void {
  const part = mkdtempSync(`${template}.part-`);
  try {
    for (const node of nodes) {
      mkdirSync(join(part, node));
      cpSync(join(from, node, 'data'), join(part, node, 'data'), { recursive: true });
      if (!holdsGraph(join(part, node, 'data'))) {
        throw new PlatformError(`${node} holds no settings of a graph after its shutdown, so it makes no template`);
      }
    }
    rmSync(template, { recursive: true, force: true });
    renameSync(part, template);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

const SETTINGS = 'system_properties-';

function holdsGraph(data: string): boolean {
  const keyspace = join(data, GRAPH_KEYSPACE);
  const tables = existsSync(keyspace) ? readdirSync(keyspace) : [];
  return tables.some(
    (table) =>
      table.startsWith(SETTINGS) && readdirSync(join(keyspace, table)).some((file) => file.endsWith('-Data.db')),
  );
}
