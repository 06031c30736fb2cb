import { isAbsolute } from 'node:path';
import { expect, test } from 'vitest';
import type { ReaderJob } from '../client/reader-protocol.ts';
import { PLATFORM } from '../scenario/fixtures.ts';
import { takeCensus } from './census.ts';
import type { Session } from './session.ts';

const GRAPH = { probe: 'gremlin', timeout_us: 1_000_000, params: {} };

test('the reader stands in another directory: it is told where to write in full', async () => {
  const asked: string[] = [];
  const journal: unknown[] = [];
  const session = {
    plan: { integrity: { scan: true }, platform: PLATFORM, timetables: [GRAPH] },
    reader: {
      run: async (job: ReaderJob) => {
        if (job.type === 'census') asked.push(job.path);
        return { rows: 3 };
      },
    },
    journal: { append: async (_: string, data: unknown) => void journal.push(data) },
    directory: { path: 'reports/good/one' },
    say: () => {},
  } as unknown as Session;
  await takeCensus(session, 'before', new AbortController().signal);
  expect(asked).toHaveLength(3);
  expect(asked.every(isAbsolute)).toBe(true);
  expect(asked[0]?.endsWith('reports/good/one/graph.csv')).toBe(true);
  expect(journal).toContainEqual({
    stage: 'before',
    site: 'paris',
    probe: 'gremlin',
    rows: 3,
    complete: true,
    observed: '',
  });
});
