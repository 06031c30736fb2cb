import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where a node keeps its SSTables: a directory a keyspace, in it one a table, named after it and its id. */
export function dataOf(directory: string): string {
  return join(directory, 'data');
}

/** How many SSTables each table of a node has on disk, by `keyspace.table`; Cassandra's own tables apart. */
export function countSstables(directory: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const keyspace of namesIn(dataOf(directory))) {
    if (/^system(_|$)/.test(keyspace)) continue;
    for (const table of namesIn(join(dataOf(directory), keyspace))) {
      const name = `${keyspace}.${table.replace(/-[0-9a-f]{32}$/, '')}`;
      const files = namesIn(join(dataOf(directory), keyspace, table));
      counts[name] = (counts[name] ?? 0) + files.filter((file) => file.endsWith('-Data.db')).length;
    }
  }
  return counts;
}

/** One that is just removed has none. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
