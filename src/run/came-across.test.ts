import { expect, test } from 'vitest';
import { checksum } from '../history/checksum.ts';
import type { Outcome } from '../history/operation.ts';
import type { Timetable } from '../scenario/plan.ts';
import { CameAcross } from './came-across.ts';
import { LiveTimetable } from './live-timetable.ts';

const timetable: Timetable = {
  probe: 'cql',
  service: 'ledger',
  site: '',
  client: 'outside',
  rate: 10,
  timeout_us: 1_000_000,
  writes: ['write'],
  params: {},
};

function written(...outcomes: Outcome[]): LiveTimetable {
  const live = new LiveTimetable(timetable, null);
  for (const [index, outcome] of outcomes.entries()) {
    const at = index * 100_000;
    live.add({
      ...{ index, attempt: 1, probe: 'cql', service: 'ledger', site: 'paris', client: 'outside' },
      ...{ key: `r/a/${index}`, f: 'write', intendedUs: at, invokedUs: at, completedUs: at + 1, outcome },
      ...{ error: outcome === 'ok' ? '' : 'refused', valueSha: checksum(`r/a/${index}`, index) },
    });
  }
  return live;
}

const where = { stage: 'after-failback', fault: 'site-loss-1', site: 'paris', probe: 'cql' } as const;
const seen = (seq: number, valueSha = checksum(`r/a/${seq}`, seq)) => ({ key: `r/a/${seq}`, valueSha, readUs: 7 });

test('what the run wrote itself is no phantom, asked for or not', () => {
  const found = new CameAcross();
  found.add(where, [seen(0), seen(1)]);
  expect(found.phantoms([written('ok', 'info')])).toEqual([]);
});

test('what nobody wrote, what was certainly not applied, and another value are phantoms, each once', () => {
  const found = new CameAcross();
  found.add(where, [seen(0, 'other'), seen(1), seen(2)]);
  found.add(where, [seen(2)]);
  const rows = found.phantoms([written('ok', 'fail')]);
  expect(rows.map(({ key, state }) => `${key} ${state}`)).toEqual(['r/a/0 phantom', 'r/a/1 phantom', 'r/a/2 phantom']);
  expect(rows[0]).toEqual({ ...where, key: 'r/a/0', state: 'phantom', valueSha: 'other', readUs: 7 });
});
