import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Accounts } from '../../../clusters/local/api/accounts.ts';
import type { ApiConfig } from '../../../clusters/local/api/config.ts';
import { FakeGraph, PASSWORD, serveApi } from '../../probes/testing-api-server.ts';
import { api, apiClients, apiPassword, writeAccounts } from './api.ts';
import type { FloodOrders, FloodReport } from './api-effects.ts';
import { loadLocalConfig, withComponents } from './config.ts';
import { SiteWorkers } from './site-workers.ts';

const config = withComponents(loadLocalConfig(), ['api']);
const FLOOD = fileURLToPath(new URL('./flood-main.ts', import.meta.url));
const PATIENCE = { timeout: 20_000, interval: 50 };
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'drill-api-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('each site’s API is in front of its own graph, and lets in whoever has the password of the platform', () => {
  const [paris, london] = [0, 1].map((site) => {
    const directory = join(home, `api-${site}`);
    const { args } = api.command({ config, site, node: 0, directory }, { jars: [], archive: [], home: null });
    return JSON.parse(readFileSync(args.at(-1) as string, 'utf8')) as ApiConfig;
  });
  expect(paris?.graph).toEqual({ host: '10.77.1.10', port: 8182 });
  expect(london).toMatchObject({ host: '10.77.2.10', port: 8000, limit: { requests: 100, windowMs: 60_000 } });
  const password = apiPassword(home);
  expect(statSync(join(home, 'api-password')).mode & 0o77).toBe(0);
  for (const one of [paris, london]) {
    using accounts = new Accounts(one?.accountsFile as string);
    expect(accounts.knows('drill-1', password)).toBe(true);
    expect(accounts.knows('drill-30', password)).toBe(true);
    expect(accounts.knows('drill-31', password)).toBe(false);
    expect(accounts.knows('drill-1', `${password}x`)).toBe(false);
    expect(accounts.knows('__proto__', '')).toBe(false);
    expect(readFileSync(one?.accountsFile as string, 'utf8')).not.toContain(password);
  }
});

test('another password holds while the API runs, and the right one again', async () => {
  const directory = join(home, 'paris-api-0');
  mkdirSync(directory);
  writeAccounts(directory, config, 'one');
  using accounts = new Accounts(join(directory, 'accounts.json'));
  expect(accounts.knows('observer', 'one')).toBe(true);
  writeAccounts(directory, config, 'another');
  await vi.waitUntil(() => !accounts.knows('observer', 'one'), PATIENCE);
  writeAccounts(directory, config, 'one');
  await vi.waitUntil(() => accounts.knows('observer', 'one'), PATIENCE);
});

test('a flood uses up what each client may ask, and nobody else’s; once it is ended they are served when their time is over', async () => {
  await using server = await serveApi(new FakeGraph(), { requests: 20, windowMs: 2_000 });
  const floods = new SiteWorkers<FloodOrders, FloodReport>(FLOOD, () => []);
  const clients = apiClients({ api: { ...config.api, clients: 3 } });
  const orders = { at: { host: '127.0.0.1', port: server.port }, clients, password: PASSWORD };
  floods.begin('f1', [{ site: 'paris', orders }]);
  expect(() => floods.begin('f1', [])).toThrow('f1 is in force already');
  await vi.waitUntil(() => floods.list()[0]?.said?.limited === 3, PATIENCE);
  expect(floods.list()).toMatchObject([{ id: 'f1', site: 'paris', lives: true, orders: { clients } }]);
  const status = async (name: string): Promise<number> => {
    const authorization = `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString('base64')}`;
    const answer = await fetch(`http://127.0.0.1:${server.port}/v1/quota`, { headers: { authorization } });
    await answer.arrayBuffer();
    return answer.status;
  };
  expect(await status('observer')).toBe(200);
  // Also while what has come back is being used up again: a look in between must not take it for gone.
  for (const untilMs = performance.now() + 5_000; performance.now() < untilMs; await sleep(20))
    expect(floods.list()[0]?.said?.limited).toBe(3);
  await floods.end('f1');
  expect(floods.list()).toEqual([]);
  await vi.waitUntil(async () => (await status('drill-2')) === 200, PATIENCE);
  await floods.end('f1');
});

test('a flood whose process cannot start, or dies, is in force until it is ended, and does nothing', async () => {
  const floods = new SiteWorkers<FloodOrders, FloodReport>(FLOOD, () => ['/nonexistent']);
  const orders = { at: { host: '127.0.0.1', port: 1 }, clients: ['drill-1'], password: '' };
  floods.begin('f1', [{ site: 'paris', orders }]);
  await vi.waitUntil(() => floods.list()[0]?.lives === false, PATIENCE);
  expect(floods.list()).toMatchObject([{ id: 'f1', said: null }]);
  await floods.end('f1');
  expect(floods.list()).toEqual([]);
});
