import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { loadLocalConfig } from '../../src/platform/local/config.ts';
import { attachLocalPlatform, startLocalPlatform } from '../../src/platform/local/local-platform.ts';
import type { Component, ComponentState, PacketRule, Platform } from '../../src/platform/platform.ts';
import { startTestPlatform, type TestPlatform } from './support/local-platform.ts';

const LONG_MS = 240_000;
const SHORT = { timeout: 30_000, interval: 100 };
const LONG = { timeout: LONG_MS, interval: 200 };

const started = new AsyncDisposableStack();
let up: TestPlatform;
let platform: Platform;
const events: string[] = [];
const within = (): AbortSignal => AbortSignal.timeout(30_000);

beforeAll(async () => {
  up = started.use(await startTestPlatform());
  await up.platform[Symbol.asyncDispose]();
  platform = started.use(await attached());
  platform.onEvent(({ type, data }) => events.push(`${type} ${data}`));
});

// What one test leaves in force would be the failure of the next.
afterEach(async () => {
  // The last one ends the platform.
  const left = await platform.register.list(within()).catch(() => []);
  for (const { fault } of left) await platform.register.undo(fault, within());
});
afterAll(() => started.disposeAsync());

async function attached(): Promise<Platform> {
  const found = await attachLocalPlatform(within());
  if (!found) throw new Error('no platform is up');
  return found;
}

async function stateOf(site: string, component: Component): Promise<ComponentState | undefined> {
  const states = await platform.abilities.processes?.observe(within());
  return states?.find((one) => one.site === site && one.component === component);
}

/** Numbers of the processes for which `matches` holds; those that end meanwhile are passed over. */
function processesWhere(matches: (pid: string) => boolean): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return matches(name);
    } catch {
      return false;
    }
  });
}

const jvms = (): readonly string[] =>
  processesWhere((pid) => {
    const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return program.endsWith('/java') && args.some((arg) => arg.includes(up.directory));
  });

test('it outlives the handle that started it, with all six ready', async () => {
  const states = (await platform.abilities.processes?.observe(within())) ?? [];
  expect(states.map(({ site, component, state }) => `${site} ${component} ${state}`).sort()).toEqual([
    'frankfurt cassandra ready',
    'frankfurt janusgraph ready',
    'london cassandra ready',
    'london janusgraph ready',
    'paris cassandra ready',
    'paris janusgraph ready',
  ]);
  expect(jvms()).toHaveLength(6);
});

test.each(['paris', 'outside'])(
  'a client that is placed %s reaches Cassandra; pipes and file 3 reach it',
  async (client) => {
    const script = `
    const { createConnection } = require('node:net');
    const { readFileSync, writeSync } = require('node:fs');
    const order = readFileSync(0, 'utf8');
    createConnection(9042, '10.77.1.10', () => { writeSync(3, order + ' reached'); process.stdout.write('done'); process.exit(0); });
  `;
    const [file = '', ...args] = [...platform.place(client), process.execPath, '-e', script];
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit', 'pipe'], signal: within() });
    const [output, extra] = [child.stdout as Readable, child.stdio[3] as Readable];
    child.stdin?.end('order');
    expect(await Promise.all([text(output), text(extra)])).toEqual(['done', 'order reached']);
  },
);

test.each(['SIGTERM', 'SIGKILL'] as const)('a placed process goes with what was started, at %s', async (signal) => {
  const mark = `placed-${signal}`;
  const script = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log(process.argv[1]);`;
  const [file = '', ...args] = [...platform.place('paris'), process.execPath, '-e', script, mark];
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const placed = (): readonly string[] =>
    processesWhere((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(mark));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(placed().length).toBe(2);
  child.kill(signal);
  await vi.waitUntil(() => placed().length === 0, SHORT);
});

test('a fault whose undo nobody recorded is refused', async () => {
  const { network, processes } = platform.abilities;
  await expect(network?.filter('unknown', CUT, within())).rejects.toThrow('no fault in the register would undo this');
  await expect(processes?.end({ site: 'paris', components: ['janusgraph'] }, 0, within())).rejects.toThrow(
    'no fault in the register',
  );
  expect(await network?.observe('unknown', within())).toEqual([]);
});

const CUT: readonly PacketRule[] = [
  { site: 'paris', direction: 'in', peers: ['london', 'frankfurt'] },
  { site: 'paris', direction: 'out', peers: ['london', 'frankfurt'] },
];

test('dropped packets are counted by rule and peer; the undo removes the rules', async () => {
  const { network } = platform.abilities;
  const undo = [{ kind: 'network', params: { id: 'cut' } }] as const;
  await platform.register.record({ fault: 'cut', run: 'run1', undo }, 120_000, within());
  await network?.filter('cut', CUT, within());
  await vi.waitUntil(async () => {
    const counters = (await network?.observe('cut', within())) ?? [];
    return counters.length === 4 && counters.every(({ packets }) => packets > 0);
  }, SHORT);
  expect(await platform.register.undo('cut', within())).toEqual([{ undo: undo[0], ok: true, error: '' }]);
  expect(await network?.observe('cut', within())).toEqual([]);
  expect(await platform.register.list(within())).toEqual([]);
});

test('an undo that comes while the rules go in leaves none of them', async () => {
  const { network } = platform.abilities;
  for (let round = 0; round < 20; round += 1) {
    const fault = `race-${round}`;
    const undo = [{ kind: 'network', params: { id: fault } }] as const;
    await platform.register.record({ fault, run: 'run1', undo }, LONG_MS, within());
    const dropped = network?.filter(fault, CUT, within()).catch(() => {});
    // From before nft begins to after it has ended.
    await new Promise((resolve) => setTimeout(resolve, round));
    await platform.register.undo(fault, within());
    await dropped;
  }
  expect(await network?.inForce(within())).toEqual([]);
});

test('a rule that nothing would undo is in force until it is mended', async () => {
  const { network } = platform.abilities;
  const undo = [{ kind: 'network', params: { id: 'stray' } }] as const;
  await platform.register.record({ fault: 'stray', run: 'run1', undo }, LONG_MS, within());
  await network?.filter('stray', CUT, within());
  expect(await network?.inForce(within())).toEqual(['stray']);
  await network?.mend('stray', within());
  expect(await network?.inForce(within())).toEqual([]);
  await platform.register.undo('stray', within());
});

test('a fault that nobody renews is undone by the platform', async () => {
  const { network } = platform.abilities;
  const undo = [{ kind: 'network', params: { id: 'left' } }] as const;
  await platform.register.record({ fault: 'left', run: 'run1', undo }, 1_000, within());
  await network?.filter('left', CUT, within());
  await vi.waitUntil(async () => (await platform.register.list(within())).length === 0, SHORT);
  expect(await network?.observe('left', within())).toEqual([]);
  await vi.waitUntil(() => events.some((event) => event.startsWith('dead-man left')), SHORT);
});

test('a killed JanusGraph is observed to be gone, and its undo brings it back', async () => {
  const undo = [{ kind: 'processes', params: { site: 'paris', components: ['janusgraph'] } }] as const;
  const before = await stateOf('paris', 'janusgraph');
  await platform.register.record({ fault: 'killed', run: 'run1', undo }, LONG_MS, within());
  await platform.abilities.processes?.end({ site: 'paris', components: ['janusgraph'] }, 0, within());
  await vi.waitUntil(async () => (await stateOf('paris', 'janusgraph'))?.state === 'stopped', SHORT);
  expect((await stateOf('paris', 'cassandra'))?.state).toBe('ready');
  const results = await platform.register.undo('killed', AbortSignal.timeout(LONG_MS));
  expect(results.map(({ ok, error }) => ({ ok, error }))).toEqual([{ ok: true, error: '' }]);
  const after = await stateOf('paris', 'janusgraph');
  expect(after?.state).toBe('ready');
  expect(after?.pid).not.toBe(before?.pid);
});

/** What becomes of a connection from outside to Paris' JanusGraph: `connected`, or the error's code. */
async function knock(): Promise<string> {
  const script = `
    const socket = require('node:net').createConnection(8182, '10.77.1.10');
    const say = (what) => { process.stdout.write(what); process.exit(0); };
    socket.on('connect', () => say('connected')).on('error', (error) => say(error.code));
    setTimeout(() => say('silence'), 2_000);
  `;
  const [file = '', ...args] = [...platform.place('outside'), process.execPath, '-e', script];
  return text(spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'], signal: within() }).stdout);
}

test.each([
  ['reset', 'ECONNREFUSED'],
  ['unreachable', 'EHOSTUNREACH'],
  ['drop', 'silence'],
] as const)('a firewall that answers %s: a client sees %s, until the rule is gone', async (fate, seen) => {
  const { network } = platform.abilities;
  const undo = [{ kind: 'network', params: { id: fate } }] as const;
  await platform.register.record({ fault: fate, run: 'run1', undo }, LONG_MS, within());
  const rule = { site: 'paris', direction: 'in', peers: ['outside'], component: 'janusgraph', fate } as const;
  await network?.filter(fate, [rule], within());
  expect(await knock()).toBe(seen);
  const [counter] = (await network?.observe(fate, within())) ?? [];
  expect(counter).toMatchObject({ site: 'paris', direction: 'in', peer: 'outside' });
  expect(counter?.packets).toBeGreaterThan(0);
  await platform.register.undo(fate, within());
  expect(await knock()).toBe('connected');
});

test('a share of the packets is lost: some rules are met, and Cassandra goes on', async () => {
  const { network } = platform.abilities;
  const undo = [{ kind: 'network', params: { id: 'loss' } }] as const;
  await platform.register.record({ fault: 'loss', run: 'run1', undo }, LONG_MS, within());
  await network?.filter(
    'loss',
    CUT.map((rule) => ({ ...rule, share: 0.3 })),
    within(),
  );
  await vi.waitUntil(async () => {
    const counters = (await network?.observe('loss', within())) ?? [];
    return counters.length === 4 && counters.every(({ packets }) => packets > 0);
  }, SHORT);
  await platform.register.undo('loss', within());
  expect(await network?.inForce(within())).toEqual([]);
});

test('what is paused keeps its connections and is let run by the undo, and by the dead-man', async () => {
  const target = { site: 'paris', components: ['janusgraph', 'cassandra'] } as const;
  const undo = [{ kind: 'processes', params: target }] as const;
  const before = await stateOf('paris', 'cassandra');
  for (const by of ['the undo', 'the dead-man']) {
    await platform.register.record({ fault: 'paused', run: 'run1', undo }, LONG_MS, within());
    await platform.abilities.pausing?.pause(target, within());
    // The kernel stops its threads one by one.
    for (const component of target.components)
      await vi.waitUntil(async () => (await stateOf('paris', component))?.state === 'paused', SHORT);
    expect(await knock()).toBe('connected');
    if (by === 'the undo') await platform.register.undo('paused', within());
    else await platform.register.renew(['paused'], 1, within());
    await vi.waitUntil(async () => (await platform.register.list(within())).length === 0, SHORT);
    expect(await stateOf('paris', 'cassandra')).toMatchObject({ state: before?.state, pid: before?.pid });
  }
});

test('what crashes over and over is started each time, and dies no more once it is undone', async () => {
  const { loops } = platform.abilities;
  const target = { site: 'paris', components: ['janusgraph'] } as const;
  const undo = [
    { kind: 'loop', params: { id: 'loop' } },
    { kind: 'processes', params: target },
  ] as const;
  await expect(loops?.crash('loop', target, { graceMs: 0, againMs: 500 }, within())).rejects.toThrow(
    'no fault in the register would undo this',
  );
  await platform.register.record({ fault: 'loop', run: 'run1', undo }, LONG_MS, within());
  await loops?.crash('loop', target, { graceMs: 0, againMs: 500 }, within());
  const deaths = async (): Promise<number> => (await loops?.observe(within()))?.[0]?.counts['paris janusgraph/0'] ?? 0;
  await vi.waitUntil(async () => (await deaths()) >= 2, LONG);
  const results = await platform.register.undo('loop', AbortSignal.timeout(LONG_MS));
  expect(results.map(({ ok }) => ok)).toEqual([true, true]);
  expect(await loops?.observe(within())).toEqual([]);
  expect((await stateOf('paris', 'janusgraph'))?.state).toBe('ready');
});

test('what starves is stopped again and again, and runs once that is undone', async () => {
  const { loops } = platform.abilities;
  const target = { site: 'paris', components: ['cassandra'] } as const;
  const undo = [
    { kind: 'loop', params: { id: 'starving' } },
    { kind: 'processes', params: target },
  ] as const;
  await platform.register.record({ fault: 'starving', run: 'run1', undo }, LONG_MS, within());
  await loops?.starve('starving', target, 0.2, within());
  const seen = new Set<string | undefined>();
  await vi.waitUntil(async () => seen.add((await stateOf('paris', 'cassandra'))?.state).size === 2, SHORT);
  expect([...seen].sort()).toEqual(['paused', 'ready']);
  await platform.register.undo('starving', within());
  expect(await loops?.observe(within())).toEqual([]);
  for (let look = 0; look < 20; look += 1) expect((await stateOf('paris', 'cassandra'))?.state).toBe('ready');
});

/** A second of more than a narrow line takes: many small questions to Paris' Cassandra at once, whose answers are larger. */
async function chatter(): Promise<void> {
  const script = `
    const socket = require('node:net').createConnection(9042, '10.77.1.10');
    const options = Buffer.from([4, 0, 0, 0, 5, 0, 0, 0, 0]);
    socket.on('connect', () => socket.write(Buffer.concat(Array(3_000).fill(options)))).on('error', () => {}).resume();
    setTimeout(() => process.exit(0), 1_000);
  `;
  const [file = '', ...args] = [...platform.place('outside'), process.execPath, '-e', script];
  await new Promise((resolve) => spawn(file, args, { stdio: 'ignore', signal: within() }).once('close', resolve));
}

test('a narrow line holds packets back both ways, and is wide again', async () => {
  const { network, bandwidth } = platform.abilities;
  const undo = [{ kind: 'network', params: { id: 'narrow' } }] as const;
  await expect(bandwidth?.narrow('narrow', 'paris', 64_000, within())).rejects.toThrow('no fault in the register');
  await platform.register.record({ fault: 'narrow', run: 'run1', undo }, LONG_MS, within());
  await bandwidth?.narrow('narrow', 'paris', 64_000, within());
  expect(await network?.inForce(within())).toEqual(['narrow']);
  await vi.waitUntil(async () => {
    await chatter();
    const counters = (await network?.observe('narrow', within())) ?? [];
    return counters.length === 2 && counters.some(({ packets }) => packets > 0);
  }, LONG);
  await platform.register.undo('narrow', within());
  expect(await network?.inForce(within())).toEqual([]);
  expect(await network?.observe('narrow', within())).toEqual([]);
});

test('nodetool speaks to a node', async () => {
  const said = await platform.abilities.nodetool?.run('paris', ['status'], AbortSignal.timeout(60_000));
  expect(said?.match(/^UN /gm)).toHaveLength(3);
});

test('one run at a time: the second is told who holds it, and gets it when the holder is gone', async () => {
  const holder = await attached();
  await holder.lock('run-1', within());
  await expect(platform.lock('run-2', within())).rejects.toThrow('in use by the run run-1');
  await holder[Symbol.asyncDispose]();
  const lock = await vi.waitUntil(() => platform.lock('run-2', within()).catch(() => null), SHORT);
  await lock[Symbol.asyncDispose]();
  await (await platform.lock('run-3', within()))[Symbol.asyncDispose]();
});

test('a second platform of the same user is refused', async () => {
  const second = startLocalPlatform({ config: loadLocalConfig(), owned: true, signal: within(), onProgress: () => {} });
  await expect(second).rejects.toThrow('a platform of this user is up already');
});

test('when its first process is killed, nothing of it is left: no JVM, no namespace, no mount, no socket', async () => {
  const unshare = readFileSync(join(up.state, 'unshare.pid'), 'utf8').trim();
  const [supervisor = ''] = readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8').trim().split(' ');
  const namespacesOf = (pid: string): readonly string[] =>
    ['user', 'net', 'mnt', 'pid'].map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
  const own = new Set([...namespacesOf(supervisor), ...jvms().flatMap(namespacesOf)]);
  for (const shared of namespacesOf('self')) own.delete(shared);
  // One user, mount and process namespace, and four of the network: the clients' and one for each site.
  expect(own.size).toBe(7);
  const inside = (): readonly string[] => processesWhere((pid) => namespacesOf(pid).some((one) => own.has(one)));
  expect(inside().length).toBeGreaterThanOrEqual(7);

  process.kill(Number(unshare), 'SIGKILL');

  await vi.waitUntil(() => jvms().length === 0 && inside().length === 0, LONG);
  // Namespaces go with their last process, and the mounts with them, unless a mount outside holds one.
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(up.directory);
  expect(processesWhere((pid) => readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(up.directory))).toEqual([]);
  expect(await attachLocalPlatform(within())).toBeNull();
  await expect(platform.register.list(within())).rejects.toThrow('the connection to the platform is lost');
});
