import { expect, test } from 'vitest';
import type { Backups } from '../check/backups-schema.ts';
import type { Report } from '../check/report-schema.ts';
import { backupsSection } from './section-backups.ts';

const TAKEN: Backups['taken'][number] = {
  backup: 'daily',
  mode: 'full',
  tool: 'Tool 1.0',
  from_us: 0,
  to_us: 2_000_000,
  nodes: [{ site: 'paris', node: 0, files: 7, bytes: 7_000, took_us: 1_000_000 }],
  age_us: 41_000_000,
};
const RESTORED: Backups['restored'][number] = {
  fault: 'loss-1',
  backup: 'daily',
  all_us: { lower: 1_000_000, upper: 2_000_000 },
  nodes: [{ site: 'paris', node: 0, files: 7, bytes: 7_000, copied_us: 500_000, started_us: 250_000 }],
};
const NONE: Backups = { taken: [], notTaken: [], tested: [], notTested: [], restored: [] };

/** What it says, without the markup. */
function said(backups: Partial<Backups>): string {
  const section = backupsSection({ backups: { ...NONE, ...backups } } as Report);
  return (section?.markup ?? '').replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
}

test('nodes of Cassandra, each read again', () => {
  const text = said({ taken: [TAKEN], restored: [RESTORED] });
  expect(text).toContain('of every node at once: 2 s until each of its files had been read again');
  expect(text).toContain('It was 41 s old at most when the disaster became effective.');
  expect(text).toContain('paris cassandra/0');
  expect(text).toContain('Cassandra serves after');
  expect(text).toContain('a write and a read being served again where everything was lost: 1 s to 2 s.');
});

test('clusters of OpenSearch, each index of which was restored beside itself', () => {
  const of = 'opensearch' as const;
  const text = said({ taken: [{ ...TAKEN, of }], restored: [{ ...RESTORED, of }] });
  expect(text).toContain('of every site at once: 2 s until each of its indexes had been restored beside itself');
  expect(text).toContain('paris opensearch');
  expect(text).toContain('until every copy of the index was there again');
  expect(text).not.toMatch(/cassandra|manifest/i);
});

test('what was not taken, and that nothing was restored', () => {
  expect(said({ notTaken: ['daily'] })).toContain(
    'Not taken, or not whole: daily. Nothing was restored from a backup.',
  );
  expect(backupsSection({} as Report)).toBeNull();
});
