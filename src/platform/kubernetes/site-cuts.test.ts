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

/** A site that is reached until policies stand in its cluster, and then as a test wants it to be. */
class KnockedSite extends GraphSite {
  server!: FakeApiServer;
  /** From a pod of another site, and from outside, once there is a policy. */
  knocked: Knocked = 'lost';
  outside: Knocked = 'lost';
  before: Knocked = 'connected';
  door: Endpoint = { host: '127.0.0.1', port: 1 };

  private get isCut(): boolean {
    return this.server.list(POLICIES).length > 0;
  }

  override knockFrom(): Promise<Knocked> {
    return Promise.resolve(this.isCut ? this.knocked : this.before);
  }

  override knockFromOutside(): Promise<Knocked> {
    return Promise.resolve(this.isCut ? this.outside : this.before);
  }

  override outerEndpoint(): Promise<Endpoint> {
    return Promise.resolve(this.door);
  }
}

interface Made {
  readonly paris: KnockedSite;
  readonly london: KnockedSite;
  readonly servers: readonly FakeApiServer[];
  readonly register: { requireCut(): Promise<void> };
  readonly cuts: SiteCuts;
}

async function sites(): Promise<Made> {
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
      const options = { components, reach: 'node-port', knock: ['k'] } as const;
      const site = new KnockedSite(file, server.cluster(name), { ...options, knock: ['k'] });
      site.server = server;
      return { server, site };
    }),
  );
  const [paris, london] = made.map(({ site }) => site) as [KnockedSite, KnockedSite];
  const register = { requireCut: async () => {} };
  return {
    paris,
    london,
    servers: made.map(({ server }) => server),
    register,
    cuts: new SiteCuts([paris, london], register, 1_000),
  };
}

test('a network that does not enforce a policy is found out, and so is one that refuses', async () => {
  const { london, cuts } = await sites();
  for (const how of ['connected', 'refused'] as const) {
    london.knocked = how;
    const rules = CUT.map((rule) => ({ ...rule, peers: ['london'] }));
    await expect(cuts.filter(`cut-${how}`, rules, within())).rejects.toThrow(`london to paris: ${how}`);
    // What was made of it is there for its undo.
    expect((await cuts.observe(`cut-${how}`, within())).map(({ direction }) => direction)).toEqual(['out']);
    expect(await cuts.inForce(within())).toContain(`cut-${how}`);
    await cuts.mend(`cut-${how}`, within());
  }
  expect(await cuts.inForce(within())).toEqual([]);
});

test('what is not reached before proves nothing, and is not cut', async () => {
  const { paris, cuts } = await sites();
  for (const before of ['lost', 'refused', 'unknown'] as const) {
    paris.before = before;
    await expect(cuts.filter('cut', CUT, within())).rejects.toThrow(
      `because they are not reached before: outside to paris: ${before}, paris to london: ${before}`,
    );
  }
  expect(await cuts.inForce(within())).toEqual([]);
});

test('a network that leaves clients their connections has not cut them', async () => {
  const { paris, cuts } = await sites();
  paris.door = await openDoor();
  await expect(cuts.filter('cut', CUT, within())).rejects.toThrow('enforces NetworkPolicies for new connections only');
  await cuts.mend('cut', within());
  paris.door = { host: '127.0.0.1', port: 1 };
  await expect(cuts.filter('other', CUT, within())).resolves.toBeUndefined();
});

test('a fault that is forgotten while its policies are made leaves none', async () => {
  const { cuts, register } = await sites();
  let asked = 0;
  register.requireCut = async () => {
    asked += 1;
    if (asked > 1) throw new Error('no fault in paris would undo cut');
  };
  await expect(cuts.filter('cut', CUT, within())).rejects.toThrow('would undo cut');
  expect(await cuts.inForce(within())).toEqual([]);
});

test('a policy that somebody removes while it should hold is missed, and so is who gets through', async () => {
  const { london, servers, cuts } = await sites();
  const rules = CUT.map((rule) => ({ ...rule, peers: ['london', 'loopback'] }));
  await cuts.filter('cut', rules, within());
  const all = await cuts.observe('cut', within());
  expect(all.map(({ direction, peer, packets }) => `${direction} ${peer} ${packets > 0}`)).toEqual([
    'in london true',
    'in loopback false',
    'out london true',
    'out loopback false',
  ]);
  london.knocked = 'connected';
  expect((await cuts.observe('cut', within())).map(({ direction, peer }) => `${direction} ${peer}`)).toEqual([
    'in loopback',
    'out london',
    'out loopback',
  ]);
  london.knocked = 'lost';
  const [paris] = servers as [FakeApiServer];
  const [first] = [...paris.objects.keys()].filter((path) => path.startsWith(POLICIES));
  paris.objects.delete(first as string);
  expect((await cuts.observe('cut', within())).map(({ site }) => site)).toEqual(['NetworkPolicies']);
});

test('a cut is over when those who were cut are reached again, and not when its policies are gone', async () => {
  const { paris, cuts } = await sites();
  await cuts.filter('cut', CUT, within());
  await cuts.mend('cut', within());
  paris.before = 'lost';
  expect((await cuts.observe('cut', within())).map(({ peer }) => peer)).toEqual(['gone, and still enforced']);
  paris.before = 'connected';
  expect(await cuts.observe('cut', within())).toEqual([]);
});
