import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchClasses } from '../../src/platform/local/fetch-classes.ts';
import type { Jdk } from '../../src/platform/local/jdk.ts';
import { classArchiveLayer } from './class-archives.ts';
import { type Database, GRAPH_DATABASES, graphFiles } from './graph-config.ts';
import { type Image, type Layer, short } from './image.ts';
import { javaLayer } from './java-layer.ts';

export const GRAPH = 'drill.local/graph:1';

/** Programs and settings of ours, by where they go. */
const SCRIPTS: Readonly<Record<string, string>> = {
  'cassandra-start': '/usr/local/bin/cassandra-start',
  'janusgraph-start': '/usr/local/bin/janusgraph-start',
  nc: '/usr/local/bin/nc',
  nodetool: '/usr/local/bin/nodetool',
  'logback.xml': '/opt/cassandra/conf/logback.xml',
};

/** Cassandra and JanusGraph with the Java that they run on, the same jars as the local platform's. */
export async function graphImage(jdk: Jdk, signal: AbortSignal, say: (line: string) => void): Promise<Image> {
  const sources = new Map<Database, readonly string[]>();
  for (const database of GRAPH_DATABASES)
    sources.set(database, (await fetchClasses(database, jdk.home, signal, say)).jars);
  const jars = (one: Database): readonly string[] => pathsInImage(one, sources.get(one) ?? []);
  const layers = [
    javaLayer(jdk),
    ...GRAPH_DATABASES.map((one) => jarLayer(one, sources.get(one) ?? [])),
    configLayer(jars),
  ];
  return { reference: GRAPH, entrypoint: [], layers: [...layers, classArchiveLayer(layers, jars, say)] };
}

/** In the order of the class path: an archive of classes is for that order only. */
function pathsInImage(database: Database, jars: readonly string[]): readonly string[] {
  return jars.map((jar) => `/opt/${database}/lib/${basename(jar)}`);
}

function jarLayer(database: Database, jars: readonly string[]): Layer {
  return {
    name: database,
    digest: short(jars.map((jar) => basename(jar)).join('\n')),
    fill: (root) => {
      const lib = join(root, 'opt', database, 'lib');
      mkdirSync(lib, { recursive: true });
      for (const jar of jars) copyFileSync(jar, join(lib, basename(jar)));
    },
  };
}

function configLayer(jars: (database: Database) => readonly string[]): Layer {
  const files: Record<string, string> = {
    ...graphFiles({ cassandra: jars('cassandra'), janusgraph: jars('janusgraph') }),
  };
  for (const [name, path] of Object.entries(SCRIPTS)) {
    files[path] = readFileSync(fileURLToPath(new URL(`./graph/${name}`, import.meta.url)), 'utf8');
  }
  return {
    name: 'graph-config',
    digest: short(JSON.stringify(files)),
    fill: (root) => {
      for (const [path, text] of Object.entries(files)) {
        const file = join(root, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
        chmodSync(file, path.startsWith('/usr/local/bin/') ? 0o755 : 0o644);
      }
    },
  };
}
