import { expect, test } from 'vitest';
import type { ReaderJob } from '../client/reader-protocol.ts';
import type { Timetable } from '../scenario/plan.ts';
import { hintsOf, keepsForOthers } from './hints.ts';
import type { Session } from './session.ts';

interface Fake {
  readonly probes: readonly { readonly probe: string; readonly params?: Record<string, string> }[];
  readonly sites?: number;
  /** What nodetool says; absent: the platform has none. */
  readonly nodetool?: string;
  /** Files that the probe of this kind reports. */
  readonly files?: (job: Extract<ReaderJob, { type: 'pending-hints' }>) => number;
}

const NONE = 'This node does not have any pending hints';
const signal = new AbortController().signal;

function session({ probes, sites = 2, nodetool, files = () => 0 }: Fake): { session: Session; asked: string[] } {
  const asked: string[] = [];
  const endpoint = { host: '127.0.0.1', port: 1 };
  const endpoints = { cassandra: [endpoint], pulsar: [endpoint], consumer: [endpoint] };
  const names = ['paris', 'london'].slice(0, sites);
  const timetables = probes.map(({ probe, params = {} }): Partial<Timetable> => ({ probe, params, timeout_us: 1 }));
  const platform = {
    abilities: nodetool !== undefined && {
      nodetool: {
        run: async (site: string) => {
          asked.push(`nodetool of ${site}`);
          return nodetool;
        },
      },
    },
  };
  const reader = {
    run: async (job: Extract<ReaderJob, { type: 'pending-hints' }>) => {
      asked.push(`${job.target.probe} ${JSON.stringify(job.target.params)}`);
      return { hints: { nodes: 1, files: files(job) } };
    },
  };
  const plan = { timetables, platform: { sites: names.map((name) => ({ name, endpoints })), nodesPerSite: 1 } };
  return { session: { plan, platform, reader } as unknown as Session, asked };
}

test('Cassandra is asked through one of its probes, once, and not by nodetool', async () => {
  const fake = session({ probes: [{ probe: 'gremlin' }, { probe: 'cql' }, { probe: 'register' }], nodetool: NONE });
  expect((await hintsOf(fake.session)?.('paris', signal))?.none).toBe(true);
  expect(fake.asked).toEqual(['cql {}']);
});

test('where only another store’s probe can say, Cassandra is asked as well: what one says is nothing about the other', async () => {
  const fake = session({ probes: [{ probe: 'gremlin' }, { probe: 'pulsar' }], nodetool: 'Host ID  Pending\nabc 1' });
  expect(await hintsOf(fake.session)?.('paris', signal)).toEqual({
    none: false,
    said: 'pulsar: 0 messages for other clusters, 1 of 1 nodes asked; Host ID  Pending | abc 1',
  });
  expect(fake.asked).toEqual(['pulsar {}', 'nodetool of paris']);
});

test('where nobody can ask Cassandra nobody can say', () => {
  expect(hintsOf(session({ probes: [{ probe: 'gremlin' }, { probe: 'pulsar' }] }).session)).toBeNull();
});

test('one probe with several places is asked for each of them', async () => {
  const probes = [{ tenant: 'a' }, { tenant: 'b' }, { tenant: 'a' }].map((params) => ({ probe: 'pulsar', params }));
  const fake = session({ probes, files: ({ target }) => (target.params.tenant === 'b' ? 3 : 0) });
  expect((await hintsOf(fake.session)?.('london', signal))?.none).toBe(false);
  expect(fake.asked).toEqual(['pulsar {"tenant":"a"}', 'pulsar {"tenant":"b"}']);
});

test('one node alone keeps nothing for others, and a consumer does', async () => {
  expect(keepsForOthers(session({ probes: [{ probe: 'cql' }, { probe: 'gremlin' }], sites: 1 }).session)).toBe(false);
  expect(keepsForOthers(session({ probes: [{ probe: 'gremlin' }] }).session)).toBe(true);
  expect(keepsForOthers(session({ probes: [{ probe: 'opensearch' }] }).session)).toBe(false);
  const piped = session({ probes: [{ probe: 'pipeline' }], sites: 1, nodetool: NONE });
  expect(keepsForOthers(piped.session)).toBe(true);
  expect((await hintsOf(piped.session)?.('paris', signal))?.none).toBe(true);
  expect(piped.asked).toEqual(['pipeline {}']);
});
