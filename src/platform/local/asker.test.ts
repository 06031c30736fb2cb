import { expect, test } from 'vitest';
import { Asker } from './asker.ts';
import { loadLocalConfig } from './config.ts';
import { NameServer } from './name-server.ts';

const FILE = new URL('../../../clusters/local/host-names.yaml', import.meta.url).pathname;

test('a process asks, several questions at once, and another does when it is gone', async () => {
  const server = new NameServer(loadLocalConfig(FILE));
  const at = `127.0.0.1:${await server.listen('127.0.0.1', 0, () => {})}`;
  const asker = new Asker([]);
  const ask = (name: string) => asker.ask({ name, server: at, ms: 20_000 });
  const names = [
    'cassandra-0.paris.drill.internal',
    'janusgraph-0.london.drill.internal',
    'nobody.paris.drill.internal',
  ];
  expect(await Promise.all(names.map(ask))).toEqual(['10.77.1.10', '10.77.2.10', 'nxdomain']);
  asker.end();
  expect(await ask('cassandra-0.frankfurt.drill.internal')).toBe('10.77.3.10');
  asker.end();
  server.close();
});

test('a place that cannot be entered is an error, in time', async () => {
  const asker = new Asker(['false']);
  await expect(asker.ask({ name: 'a.b', server: '127.0.0.1', ms: -4_900 })).rejects.toThrow('nobody could ask for a.b');
  asker.end();
});
