import { Client } from 'cassandra-driver';
import { expect, test, vi } from 'vitest';
import { type ControlConnection, guardRefresh, refreshOneAtATime } from './cql-control.ts';

/** Each refresh waits until it is told how it ends. */
function control(): { connection: ControlConnection; refreshes: PromiseWithResolvers<void>[] } {
  const refreshes: PromiseWithResolvers<void>[] = [];
  const connection: ControlConnection = {
    _refresh: () => {
      const one = Promise.withResolvers<void>();
      refreshes.push(one);
      return one.promise;
    },
  };
  guardRefresh(connection, 1);
  return { connection, refreshes };
}

test('a control connection is refreshed once at a time', async () => {
  const { connection, refreshes } = control();
  const both = [connection._refresh(), connection._refresh()];
  expect(refreshes).toHaveLength(1);
  // Itself, when a node of its plan failed.
  void connection._refresh({});
  expect(refreshes).toHaveLength(2);
  refreshes[0]?.resolve();
  await Promise.all(both);
  void connection._refresh();
  expect(refreshes).toHaveLength(3);
});

test('a refresh that fails rejects nowhere, and is tried again until the driver shuts down', async () => {
  const { connection, refreshes } = control();
  const first = connection._refresh();
  refreshes[0]?.reject(new TypeError("Cannot read properties of null (reading 'endpoint')"));
  await expect(first).resolves.toBeUndefined();
  await vi.waitFor(() => expect(refreshes).toHaveLength(2));
  connection._isShuttingDown = true;
  refreshes[1]?.reject(new Error('no host'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(refreshes).toHaveLength(2);
});

test('the driver has what is guarded', () => {
  const client = new Client({ contactPoints: ['127.0.0.1'], localDataCenter: 'dc' });
  const { controlConnection } = client as unknown as { controlConnection: ControlConnection };
  const before = controlConnection._refresh;
  refreshOneAtATime(client, 1);
  expect(before).toBeTypeOf('function');
  expect(controlConnection._refresh).not.toBe(before);
});
