import { createConnection } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outerPid } from '../../clusters/kubernetes/places.ts';
import { answers } from '../../src/platform/health.ts';
import { attachKubernetes } from '../../src/platform/kubernetes/kubernetes-platform.ts';
import { loadPlatformFile } from '../../src/platform/kubernetes/platform-file.ts';
import type { Endpoint, PacketRule, Platform } from '../../src/platform/platform.ts';
import type { Undo } from '../../src/platform/undo.ts';
import { changed, drill, node, PLATFORM, reportIn } from './support.ts';

/** Three real clusters with one ring over them. One that is up is used, and stays. */
const wasUp = outerPid() !== null;
const LONG_MS = 300_000;
const within = (ms = LONG_MS): AbortSignal => AbortSignal.timeout(ms);
let platform: Platform;
let hold: AsyncDisposable;

beforeAll(async () => {
  if (!wasUp) {
    const up = await node(['clusters/kubernetes/up-main.ts']);
    if (up.code !== 0) throw new Error(`the clusters are not up:\n${up.text}`);
  }
  const { kubeconfigFile } = await import('../../clusters/kubernetes/places.ts');
  process.env.KUBECONFIG = kubeconfigFile();
  platform = await attachKubernetes(loadPlatformFile(PLATFORM), PLATFORM, within());
});

afterAll(async () => {
  await platform?.[Symbol.asyncDispose]();
  if (!wasUp) expect((await node(['clusters/kubernetes/down-main.ts'])).code).toBe(0);
});

async function stateOf(site: string, component: string): Promise<string | undefined> {
  const states = (await platform.abilities.processes?.observe(within())) ?? [];
  return states.find((one) => one.site === site && one.component === component)?.state;
}

function endpointOf(site: string, component: 'cassandra' | 'janusgraph'): Endpoint {
  return platform.facts().sites.find(({ name }) => name === site)?.endpoints[component][0] as Endpoint;
}

/** Holds the sites as a run does. */
async function held<T>(run: string, work: () => Promise<T>): Promise<T> {
  hold = await platform.lock(run, within());
  try {
    return await work();
  } finally {
    await hold[Symbol.asyncDispose]();
  }
}

test('plan names what is struck, and asks whether it is permitted, and touches nothing', async () => {
  const { code, text } = await drill('plan', 'datacenter-to-zero', '--platform', PLATFORM);
  expect(code, text).toBe(0);
  expect(text).toContain('cassandra of paris is paris/janusgraph-banking/StatefulSet/cassandra');
  expect(text).toContain('abilities network, processes, restarts, nodetool');
  const refused = await drill('plan', 'janusgraph-hangs', '--platform', PLATFORM);
  expect(refused.code).toBe(5);
  expect(refused.text).toContain('the harness cannot do it on Kubernetes yet');
});

test('nodetool runs in a pod of the site, and says how it fails', async () => {
  const { nodetool } = platform.abilities;
  const status = (await nodetool?.run('london', ['status'], within())) ?? '';
  expect(status.match(/^UN /gm)).toHaveLength(3);
  await expect(nodetool?.run('london', ['no-such-command'], within())).rejects.toThrow('no-such-command');
});

test('what nobody renews is undone by the healer in the cluster', async () => {
  const undo: readonly Undo[] = [{ kind: 'processes', params: { site: 'paris', components: ['janusgraph'] } }];
  const told: string[] = [];
  const deaf = platform.onEvent(({ type, data }) => told.push(`${type} ${data}`));
  await held('lapsing', async () => {
    await platform.register.record({ fault: 'lapse', run: 'lapsing', undo }, 5_000, within());
    await platform.abilities.processes?.end({ site: 'paris', components: ['janusgraph'] }, 0, within());
    await expect.poll(() => stateOf('paris', 'janusgraph'), { timeout: 60_000 }).toBe('stopped');
    await expect.poll(() => platform.register.list(within()), { timeout: LONG_MS }).toEqual([]);
    expect(await stateOf('paris', 'janusgraph')).toBe('ready');
    await platform.register.renew(['lapse'], 5_000, within());
  });
  deaf();
  expect(told).toContain('dead-man lapse was undone by its healer');
});

test('a site that is cut is silent to clients and to the other sites, and speaks again', async () => {
  const rules: readonly PacketRule[] = (['in', 'out'] as const).map((direction) => ({
    site: 'paris',
    direction,
    peers: ['london', 'frankfurt', 'outside'],
  }));
  const { network } = platform.abilities;
  const connected = createConnection(endpointOf('paris', 'cassandra')).on('error', () => {});
  await new Promise((resolve) => connected.once('connect', resolve));
  await held('cutting', async () => {
    await expect(network?.filter('cut', rules, within())).rejects.toThrow('would undo cut');
    await platform.register.record(
      { fault: 'cut', run: 'cutting', undo: [{ kind: 'network', params: { id: 'cut' } }] },
      LONG_MS,
      within(),
    );
    try {
      await network?.filter('cut', rules, within());
      const counters = (await network?.observe('cut', within())) ?? [];
      expect(counters.map(({ site, direction, peer }) => `${site} ${direction} ${peer}`).sort()).toEqual(
        ['in', 'out'].flatMap((way) => ['frankfurt', 'london', 'outside'].map((peer) => `paris ${way} ${peer}`)),
      );
      // Whoever is outside is not called by a pod: what goes out to it is not knocked at.
      for (const one of counters.filter(({ direction, peer }) => direction === 'in' || peer !== 'outside'))
        expect(one.packets, `${one.direction} ${one.peer}`).toBeGreaterThan(0);
      expect(await answers('cassandra', endpointOf('paris', 'cassandra'), 2_000)).toBe(false);
      expect(await answers('cassandra', endpointOf('london', 'cassandra'), 5_000)).toBe(true);
      expect(await network?.inForce(within())).toEqual(['cut']);
    } finally {
      connected.destroy();
      expect((await platform.register.undo('cut', within())).map(({ ok }) => ok)).toEqual([true, true, true]);
    }
  });
  expect(await network?.observe('cut', within())).toEqual([]);
  expect(await network?.inForce(within())).toEqual([]);
  await expect
    .poll(() => answers('cassandra', endpointOf('paris', 'cassandra'), 2_000), { timeout: 60_000 })
    .toBe(true);
});

test('a pod that is ended is made again by its controller', async () => {
  const target = { site: 'frankfurt', components: ['janusgraph'] } as const;
  const undo: readonly Undo[] = [
    { kind: 'loop', params: { id: 'kill' } },
    { kind: 'processes', params: target },
  ];
  const { restarts } = platform.abilities;
  await held('killing', async () => {
    await platform.register.record({ fault: 'kill', run: 'killing', undo }, LONG_MS, within());
    await restarts?.restart('kill', target, 0, within());
    await expect
      .poll(() => restarts?.observe(within()), { timeout: 60_000 })
      .toEqual([{ id: 'kill', counts: { 'frankfurt janusgraph/0': 1 }, broken: [] }]);
    expect((await platform.register.undo('kill', within())).map(({ ok }) => ok)).toEqual([true]);
    expect(await stateOf('frankfurt', 'janusgraph')).toBe('ready');
    expect(await restarts?.observe(within())).toEqual([]);
  });
});

test('the loss of a site is measured end to end by the scenario of the local platform, and it comes back with everything in it', async () => {
  const { file, reports } = changed('site/site-failover.yaml', {
    'services.ledger.rate': '50/s',
    'services.graph.rate': '25/s',
    'siteProbes.rate': '2/s',
    'steadyState.for': '44s',
    'recovery.after': '5s',
  });
  const { code, text } = await drill('run', file, '--platform', PLATFORM, '--reports', reports);
  const { directory, report } = reportIn(reports, 'site-failover', text);
  expect(report.run.outcome, text).toBe('completed');
  expect(code).toBe({ pass: 0, fail: 1, unknown: 2 }[report.verdict]);
  const [fault] = report.faults;
  expect(fault?.effective).not.toBeNull();
  expect(fault?.lapsed).toEqual([]);
  for (const view of report.views.filter(({ service }) => service !== '')) {
    expect(view.bySite.london, view.service).toBeGreaterThan(50);
    expect(view.outages.length, view.service).toBeGreaterThan(0);
  }
  expect(report.canary.verdict, JSON.stringify(report.canary)).toBe('pass');
  expect(report.rpo[0]?.ledger).toBeGreaterThan(500);
  expect((await drill('verify', directory)).code).toBe(0);
  expect(await platform.register.list(within())).toEqual([]);
});

test('a harness that is killed leaves nothing behind: its healers undo the fault, and recover finds nothing', async () => {
  const { file, reports } = changed('site/datacenter-to-zero.yaml', {
    'services.ledger.rate': '50/s',
    'services.graph.rate': '25/s',
    siteProbes: false,
    'steadyState.for': '44s',
  });
  const killed = await node(['src/cli.ts', 'run', file, '--platform', PLATFORM, '--reports', reports], (text, pid) => {
    if (text.includes('is effective')) process.kill(pid, 'SIGKILL');
  });
  expect(killed.code).toBeNull();
  await expect.poll(() => platform.register.list(within()), { timeout: LONG_MS }).toEqual([]);
  expect(await stateOf('paris', 'cassandra')).toBe('ready');
  expect(await stateOf('paris', 'janusgraph')).toBe('ready');
  const recovered = await drill('recover', '--platform', PLATFORM);
  expect(recovered.code, recovered.text).toBe(0);
  expect(recovered.text).toContain('nothing is in force; every component is ready');
});
