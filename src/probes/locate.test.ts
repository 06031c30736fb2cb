import { expect, test } from 'vitest';
import { loadLocalConfig } from '../platform/local/config.ts';
import { NameServer } from '../platform/local/name-server.ts';
import { endpointOf } from '../platform/local/names.ts';
import { Unconnected } from './keeper.ts';
import { describeNames, locate } from './locate.ts';

const FILE = new URL('../../clusters/local/host-names.yaml', import.meta.url).pathname;
const config = { ...loadLocalConfig(FILE), nodesPerSite: 2 };
const paris = [endpointOf(config, 0, 'cassandra', 0), endpointOf(config, 0, 'cassandra', 1)];

async function named(): Promise<{ server: NameServer; resolver: string } & Disposable> {
  const server = new NameServer(config);
  const port = await server.listen('127.0.0.1', 0, () => {});
  return { server, resolver: `127.0.0.1:${port}`, [Symbol.dispose]: () => server.close() };
}

const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => null).catch((error: unknown) => error);

test('each name is asked for anew', async () => {
  using names = await named();
  expect(await locate(paris, names, 5_000)).toEqual([
    { host: '10.77.1.10', port: 9042 },
    { host: '10.77.1.11', port: 9042 },
  ]);
  names.server.fail('f', 'paris', 'nxdomain');
  await expect(locate(paris, names, 5_000)).rejects.toThrow('dns');
  names.server.mend('f');
  expect(await locate(paris, names, 5_000)).toHaveLength(2);
});

test.each([
  ['silence', true],
  ['servfail', false],
  ['nxdomain', false],
] as const)('%s: nobody is there to connect to, and it is silent: %s', async (how, silent) => {
  using names = await named();
  names.server.fail('f', 'paris', how);
  const error = await failure(locate(paris, names, 50));
  expect(error).toBeInstanceOf(Unconnected);
  expect(error).toMatchObject({ code: 'dns', silent });
});

test('one name that is known is enough', async () => {
  using names = await named();
  const [known] = paris;
  const unknown = { host: 'nobody.paris.drill.internal', port: 9042 };
  expect(await locate([unknown, ...(known ? [known] : [])], names, 5_000)).toEqual([
    { host: '10.77.1.10', port: 9042 },
  ]);
});

test('addresses, and names of a site without a name server, are nobody’s to ask', async () => {
  const at = [{ host: '10.77.1.10', port: 9042 }];
  expect(await locate(at, { resolver: '127.0.0.1:9' }, 5_000)).toEqual(at);
  expect(await locate(paris, {}, 5_000)).toBe(paris);
  expect(describeNames({})).toEqual({});
  expect(describeNames({ resolver: '10.77.0.53' })).toMatchObject({ names: expect.stringContaining('10.77.0.53') });
});
