import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PlatformError } from '../../errors.ts';
import { RpcClient, serve } from './rpc.ts';

const patient = AbortSignal.timeout(30_000);
let directory = '';
let path = '';
const open: { close(): void }[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rpc-'));
  path = join(directory, 'control.sock');
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  rmSync(directory, { recursive: true, force: true });
});

type AnyMethods = Readonly<Record<string, (params: object) => unknown>>;

async function client(): Promise<RpcClient<AnyMethods>> {
  const rpc = await RpcClient.connect<AnyMethods>(path);
  if (!rpc) throw new Error('nobody listens');
  open.push(rpc);
  return rpc;
}

test('nobody there is null, not an error', async () => {
  expect(await RpcClient.connect(path)).toBeNull();
});

test('a call gets its own answer, whatever order they come in', async () => {
  const gates = new Map([1, 2].map((number) => [number, Promise.withResolvers<void>()]));
  await serve(
    path,
    {
      echo: async ({ number }: { number: number }) => {
        await gates.get(number)?.promise;
        return number * 10;
      },
    },
    () => {},
  );
  const rpc = await client();
  const first = rpc.call('echo', { number: 1 }, patient);
  const second = rpc.call('echo', { number: 2 }, patient);
  gates.get(2)?.resolve();
  expect(await second).toBe(20);
  gates.get(1)?.resolve();
  expect(await first).toBe(10);
});

test('what a method throws is a PlatformError here; so is a method that is not there', async () => {
  await serve(
    path,
    {
      fail: () => {
        throw new Error('no room');
      },
    },
    () => {},
  );
  const rpc = await client();
  await expect(rpc.call('fail', {}, patient)).rejects.toThrow(new PlatformError('no room'));
  await expect(rpc.call('toString', {}, patient)).rejects.toThrow('unknown method toString');
});

test('a call ends with its signal, and the next one works', async () => {
  await serve(path, { never: () => new Promise(() => {}), ping: () => 'pong' }, () => {});
  const rpc = await client();
  const controller = new AbortController();
  const call = rpc.call('never', {}, controller.signal);
  controller.abort(new Error('enough'));
  await expect(call).rejects.toThrow('enough');
  await expect(rpc.call('ping', {}, controller.signal)).rejects.toThrow('enough');
  expect(await rpc.call('ping', {}, patient)).toBe('pong');
});

test('a lost connection ends every call, those that wait and those that come', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  open.push(server);
  const rpc = await client();
  const calls = [rpc.call('a', {}, patient), rpc.call('b', {}, patient)];
  await vi.waitUntil(() => sockets.length === 1, 10_000);
  sockets[0]?.destroy();
  for (const call of calls) await expect(call).rejects.toThrow('the connection to the platform is lost');
  await expect(rpc.call('c', {}, patient)).rejects.toThrow('the connection to the platform is lost');
});

test('the server hears which connection ended, and every connection hears events', async () => {
  const ended: object[] = [];
  const callers: object[] = [];
  const server = await serve(
    path,
    { hello: (_: unknown, connection: object) => void callers.push(connection) },
    (connection) => ended.push(connection),
  );
  const [one, two] = [await client(), await client()];
  const heard: string[] = [];
  one.onEvent(({ type, data }) => heard.push(`one ${type} ${data}`));
  two.onEvent(({ type, data }) => heard.push(`two ${type} ${data}`));
  await one.call('hello', {}, patient);
  await two.call('hello', {}, patient);
  server.broadcast('dead-man', 'f1');
  await vi.waitUntil(() => heard.length === 2, 10_000);
  expect(heard.sort()).toEqual(['one dead-man f1', 'two dead-man f1']);
  one.close();
  await vi.waitUntil(() => ended.length === 1, 10_000);
  expect(ended[0]).toBe(callers[0]);
});
