import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { checksum } from '../history/checksum.ts';
import type { ProbeClient, ProbeOutcome, ProbeType } from '../probes/probe.ts';

/** Batches of a read-back that may be under way at once. */
const AT_ONCE = 3;

/** What a fake site does with an operation: its name says it. */
type Behaviour = 'answers' | 'together' | 'refuses' | 'hangs' | 'unreachable' | 'throws' | 'dies';

/**
 * A probe without a database, for tests of the processes around it: keeps its rows in memory, for each site apart. A site that is called
 * `london-refuses` refuses everything but the warm-up; `london-together` reads nothing back before as many batches as may are under way at once.
 */
export function fakeProbe(): ProbeType {
  const stores = new Map<string, Map<string, string>>();
  const of = (site: string): Map<string, string> => {
    const store = stores.get(site) ?? new Map<string, string>();
    stores.set(site, store);
    return store;
  };
  return {
    probe: 'fake',
    summary: 'answers from memory',
    params: z.strictObject({}),
    component: 'cassandra',
    keyspaces: [],
    readsAtOnce: AT_ONCE,
    settings: () => ({}),
    prepare: async () => {},
    async connect({ site, timeoutUs }) {
      const behaviour = (site.name.split('-')[1] ?? 'answers') as Behaviour;
      if (behaviour === 'dies') process.exit(9);
      if (behaviour === 'unreachable') throw new Error(`${site.name} cannot be reached`);
      return client(of(site.name), behaviour, timeoutUs);
    },
    async remove({ site }, writes) {
      for (const { key } of writes) of(site.name).delete(key);
    },
    async cleanup(contexts, writes) {
      for (const { site } of contexts) for (const { key } of writes) of(site.name).delete(key);
      return { left: 0 };
    },
  };
}

function client(store: Map<string, string>, behaviour: Behaviour, timeoutUs: number): ProbeClient {
  let tries = 0;
  const together = Promise.withResolvers<void>();
  together.promise.catch(() => {});
  let warming = true;
  return {
    async invoke({ f, key, seq }): Promise<ProbeOutcome> {
      const valueSha = checksum(key, seq);
      warming &&= key.includes('/warm.');
      if (!warming) {
        if (behaviour === 'throws') throw new Error('a defect of the probe');
        if (behaviour === 'refuses') return { outcome: 'fail', error: 'refused', valueSha: '' };
        if (behaviour === 'hangs') {
          await sleep(timeoutUs / 1000);
          return { outcome: f === 'write' ? 'info' : 'fail', error: 'timeout', valueSha: '' };
        }
      }
      if (f === 'write') store.set(key, valueSha);
      const there = store.get(key);
      return there === undefined
        ? { outcome: 'fail', error: 'absent', valueSha: '' }
        : { outcome: 'ok', error: '', valueSha: there };
    },
    /** A key that ends in /3 cannot be read at first, one that ends in /13 never; beside one that ends in /9 is one that ends in /99. */
    async *readBack(expected, signal) {
      tries += 1;
      if (tries === AT_ONCE) together.resolve();
      signal.addEventListener('abort', () => together.reject(signal.reason));
      if (behaviour === 'together') await together.promise;
      for (const { key } of expected) {
        const unreadable = key.endsWith('/13') || (tries === 1 && key.endsWith('/3'));
        const valueSha = store.get(key);
        const state = unreadable ? 'unreadable' : valueSha === undefined ? 'absent' : 'present';
        yield { key, state, valueSha: unreadable ? '' : (valueSha ?? '') };
        if (key.endsWith('/9')) yield { key: `${key}9`, state: 'phantom', valueSha: 'aa' };
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}
