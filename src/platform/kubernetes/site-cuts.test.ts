import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Endpoint, PacketRule } from '../platform.ts';
import { GraphSite } from './graph-site.ts';
import type { Knocked } from './knock.ts';
import { SiteCuts } from './site-cuts.ts';
import { FakeApiServer } from './testing-api-server.ts';

const within = (): AbortSignal => AbortSignal.timeout(20_000);
const POLICIES = '/apis/networking.k8s.io/v1/namespaces/bank/networkpolicies';
const CUT: readonly PacketRule[] = (['in', 'out'] as const).map((direction) => ({
  site: 'paris',
  direction,
  peers: ['london', 'outside', 'loopback'],
}));
const SUPPORTED = Buffer.from([0x84, 0, 0, 0, 6, 0, 0, 0, 0]);

/** A Cassandra that goes on answering those who are connected. */
async function openDoor(): Promise<Endpoint> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {}).on('data', () => socket.write(SUPPORTED));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** A site at which knocking says what a test wants it to. */
class KnockedSite extends GraphSite {
  knocked: Knocked = 'connected';
  outside: Knocked = 'connected';
  door: Endpoint = { host: '127.0.0.1', port: 1 };

  override knockFrom(): Promise<Knocked> {
    return Promise.resolve(this.knocked);
  }

  override knockFromOutside(): Promise<Knocked> {
    return Promise.resolve(this.outside);
  }

  override outerEndpoint(): Promise<Endpoint> {
    return Promise.resolve(this.door);
  }
}

async function sites(): Promise<{
  paris: KnockedSite;
  london: KnockedSite;
  servers: readonly FakeApiServer[];
  cuts: SiteCuts;
}> {
  const made = await Promise.all(
    ['paris', 'london'].map(async (name, index) => {
      const server = await FakeApiServer.start();
      onTestFinished(() => server[Symbol.asyncDispose]());
      server.graphSite();
      const file = { name, datacenter: name, context: name, namespace: 'bank', networks: [`10.${index}.0.0/16`] };
      const components = {
        cassandra: { selector: 'app=cassandra', service: 'cassandra', port: 9042 },
        janusgraph: { selector: 'app=janusgraph', service: 'janusgraph', port: 8182 },
      };
      return {
        server,
        site: new KnockedSite(file, server.cluster(name), { components, reach: 'node-port', knock: ['k'] }),
      };
    }),
  );
  const [paris, london] = made.map(({ site }) => site) as [KnockedSite, KnockedSite];
  const register = { requireCut: async () => {} };
  return {
    paris,
    london,
    servers: made.map(({ server }) => server),
    cuts: new SiteCuts([paris, london], register, 1_000),
  };
}

const knockedBy = (site: KnockedSite, how: Knocked): void => void Object.assign(site, { knocked: how });

test('a network that does not enforce a policy is found out, and so is one that refuses', async () => {
  const { paris, london, cuts } = await sites();
  for (const how of ['connected', 'refused'] as const) {
    knockedBy(london, how);
    knockedBy(paris, 'lost');
    const rules = CUT.map((rule) => ({ ...rule, peers: ['london'] }));
    await expect(cuts.filter(`cut-${how}`, rules, within())).rejects.toThrow(`london to paris: ${how}`);
    // What was made of it is there for its undo.
    expect((await cuts.observe(`cut-${how}`, within())).map(({ peer }) => peer)).toEqual(['london']);
    expect(await cuts.inForce(within())).toContain(`cut-${how}`);
    await cuts.mend(`cut-${how}`, within());
  }
  expect(await cuts.inForce(within())).toEqual([]);
});

test('a network that leaves clients their connections has not cut them', async () => {
  const { paris, london, cuts } = await sites();
  paris.door = await openDoor();
  paris.outside = 'lost';
  knockedBy(paris, 'lost');
  knockedBy(london, 'lost');
  await expect(cuts.filter('cut', CUT, within())).rejects.toThrow('enforces NetworkPolicies for new connections only');
  paris.door = { host: '127.0.0.1', port: 1 };
  await expect(cuts.filter('other', CUT, within())).resolves.toBeUndefined();
});

test('a policy that somebody removes while it should hold is missed', async () => {
  const { paris, london, servers, cuts } = await sites();
  knockedBy(paris, 'lost');
  knockedBy(london, 'lost');
  const rules = CUT.map((rule) => ({ ...rule, peers: ['london', 'loopback'] }));
  await cuts.filter('cut', rules, within());
  const all = await cuts.observe('cut', within());
  expect(all.map(({ direction, peer, packets }) => `${direction} ${peer} ${packets > 0}`)).toEqual([
    'in london true',
    'in loopback false',
    'out london true',
    'out loopback false',
  ]);
  const [paris0] = servers as [FakeApiServer];
  const [first] = [...paris0.objects.keys()].filter((path) => path.startsWith(POLICIES));
  paris0.objects.delete(first as string);
  expect((await cuts.observe('cut', within())).map(({ site }) => site)).toEqual(['NetworkPolicies']);
  // Somebody gets through although the policies stand.
  await cuts.mend('cut', within());
  expect(await cuts.observe('cut', within())).toEqual([]);
  await cuts.filter('again', rules, within());
  knockedBy(london, 'connected');
  expect((await cuts.observe('again', within())).map(({ direction, peer }) => `${direction} ${peer}`)).toEqual([
    'in loopback',
    'out london',
    'out loopback',
  ]);
});
