import { expect, test } from 'vitest';
import type { ReaderJob } from '../client/reader-protocol.ts';
import type { Timetable } from '../scenario/plan.ts';
import { cleanUp } from './cleanup.ts';
import { LiveTimetable } from './live-timetable.ts';
import type { Session } from './session.ts';

type CleanupJob = Extract<ReaderJob, { type: 'cleanup' }>;

/** A session in which each service wrote two keys, and whose reader answers a cleanup with what is left of it. */
function session(
  services: Readonly<Record<string, { readonly probe: string; readonly params?: Record<string, string> }>>,
  answer: (job: CleanupJob) => number,
): { session: Session; jobs: { readonly of: string; readonly keys: readonly string[] }[] } {
  const jobs: { readonly of: string; readonly keys: readonly string[] }[] = [];
  const timetables = Object.entries(services).map(
    ([service, { probe, params = {} }]) =>
      ({
        probe,
        params,
        service,
        site: '',
        client: 'outside',
        rate: 10,
        timeout_us: 1,
        writes: ['write'],
      }) as Timetable,
  );
  const live = timetables.map((timetable) => new LiveTimetable(timetable, null));
  const fake = {
    plan: {
      timetables,
      services: Object.fromEntries(Object.keys(services).map((name) => [name, { sites: [] }])),
      platform: { sites: [{ name: 'paris', endpoints: {} }] },
      integrity: { scan: false },
    },
    live: {
      timetables: live,
      writesOf: ({ timetable }: LiveTimetable) => [0, 2].map((seq) => ({ key: `${timetable.service}/${seq}`, seq })),
    },
    canaries: [],
    reader: {
      run: async (job: CleanupJob) => {
        const [{ probe, params } = { probe: '', params: {} }] = job.targets;
        jobs.push({ of: `${probe} ${JSON.stringify(params)}`, keys: job.writes.map(({ key }) => key) });
        return { left: answer(job) };
      },
    },
    journal: { append: async () => {} },
    proofs: new Map(),
    directory: { run: 'run' },
  };
  return { session: fake as unknown as Session, jobs };
}

const signal = new AbortController().signal;

test('services of one probe in several places are cleaned up each in its own', async () => {
  const { session: two, jobs } = session(
    { one: { probe: 'pulsar', params: { tenant: 'a' } }, other: { probe: 'pulsar', params: { tenant: 'b' } } },
    () => 0,
  );
  expect(await cleanUp(two, signal, 'what was written')).toBe(0);
  expect(jobs).toEqual([
    { of: 'pulsar {"tenant":"a"}', keys: ['one/0', 'one/2'] },
    { of: 'pulsar {"tenant":"b"}', keys: ['other/0', 'other/2'] },
  ]);
});

test('one that cannot be cleaned up keeps no other from being, and all is said', async () => {
  const { session: three, jobs } = session(
    { ledger: { probe: 'cql' }, graph: { probe: 'gremlin' }, events: { probe: 'pulsar' } },
    ({ targets }) => {
      if (targets[0]?.probe === 'cql') throw new Error('Cassandra cannot be reached');
      return targets[0]?.probe === 'gremlin' ? 3 : 0;
    },
  );
  await expect(cleanUp(three, signal, 'what was written')).rejects.toThrow(
    'Cassandra cannot be reached; 3 elements of the run are left',
  );
  expect(jobs.map(({ of }) => of)).toEqual(['cql {}', 'gremlin {}', 'pulsar {}']);
});
