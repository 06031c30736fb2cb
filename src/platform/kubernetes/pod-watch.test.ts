import type { V1Pod } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { PodWatch, watchPods } from './pod-watch.ts';

function pod(uid: string, restartCount: number, terminated?: { reason: string; exitCode: number }): V1Pod {
  return {
    metadata: { name: 'cassandra-0', uid },
    status: { containerStatuses: [{ name: 'cassandra', restartCount, lastState: terminated ? { terminated } : {} }] },
  } as never;
}

test('a container that was started again has died, once, and says how', () => {
  const watch = new PodWatch();
  expect(watch.deaths([pod('a', 3, { reason: 'Error', exitCode: 1 })])).toEqual([]);
  const killed = pod('a', 4, { reason: 'OOMKilled', exitCode: 137 });
  expect(watch.deaths([killed])).toEqual([{ pod: 'cassandra-0', how: 'OOMKilled, exit code 137' }]);
  expect(watch.deaths([killed])).toEqual([]);
  // Nobody can say how; and a pod of the same name that is new has not died.
  expect(watch.deaths([pod('a', 5)])).toEqual([{ pod: 'cassandra-0', how: 'cassandra was started again' }]);
  expect(watch.deaths([pod('b', 0)])).toEqual([]);
});

test('what cannot be seen for a while is no death', async () => {
  const over = new AbortController();
  const looks = [() => [pod('a', 0)], () => Promise.reject(new Error('429')), () => [pod('a', 1)]];
  const died: string[] = [];
  const watching = watchPods(
    async () => (looks.shift() ?? (() => []))(),
    ({ how }) => {
      died.push(how);
      over.abort();
    },
    over.signal,
    1,
  );
  await watching;
  expect(died).toEqual(['cassandra was started again']);
});
