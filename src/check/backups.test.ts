import { expect, test } from 'vitest';
import { backupsOf } from './backups.ts';
import type { RestoreTestTally } from './restore-tests.ts';
import type { RunRecord } from './run-record.ts';

const node = { site: 'paris', node: 0, files: 7, bytes: 700 };

test('what is restored is of whatever its backup is of', () => {
  const taken = { mode: 'full', tool: 'Tool 1.0', from_us: 10, to_us: 20, nodes: [{ ...node, took_us: 5 }] };
  const restored = { nodes: [{ ...node, copied_us: 3, started_us: 4 }] };
  const event = (type: string, data: object) => ({ seq: 0, at_us: 0, wall: '', type, data });
  const record = {
    plan: { backups: [{ name: 'hourly' }, { name: 'daily', of: 'opensearch' }, { name: 'weekly' }] },
    events: [
      event('backup-taken', { backup: 'hourly', ...taken }),
      event('backup-taken', { backup: 'daily', of: 'opensearch', ...taken }),
      event('restored', { fault: 'a', backup: 'hourly', ...restored }),
      event('restored', { fault: 'b', backup: 'daily', ...restored }),
    ],
    faults: [],
    disaster: null,
  } as unknown as RunRecord;
  const found = backupsOf(record, { results: () => [] } as unknown as RestoreTestTally);
  expect(found?.taken.map(({ backup, of }) => [backup, of])).toEqual([
    ['hourly', undefined],
    ['daily', 'opensearch'],
  ]);
  expect(found?.restored.map(({ backup, of, all_us }) => [backup, of, all_us])).toEqual([
    ['hourly', undefined, null],
    ['daily', 'opensearch', null],
  ]);
  // An old run says nothing that it did not say before.
  expect(JSON.stringify(found?.taken[0])).not.toContain('"of"');
  expect(found?.notTaken).toEqual(['weekly']);
});
