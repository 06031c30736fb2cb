import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../history/chain.ts';
import type { EventData, EventType, JournalEvent } from '../history/event.ts';
import { declare, type Intent } from '../history/intent.ts';
import { openJournal } from '../history/journal.ts';
import type { ReadBackRow } from '../history/operation.ts';
import { formatReadBackRow, READ_BACK_HEADER } from '../history/read-back-csv.ts';
import type { Plan, PlannedFault } from '../scenario/plan.ts';

/**
 * Writes a run directory at `target` that has the history of the run at `source`, a disaster at its end, and these rows as what was found then: so
 * that the checker itself says which writes are lost. The disaster is one in name only, effective at `atUs` and never gone.
 */
export async function deriveRun(
  source: string,
  target: string,
  { site, atUs, rows }: { readonly site: string; readonly atUs: number; readonly rows: readonly ReadBackRow[] },
): Promise<void> {
  mkdirSync(target, { recursive: true });
  for (const name of ['scenario.yaml', 'history.csv']) copyFileSync(join(source, name), join(target, name));
  const plan = JSON.parse(readFileSync(join(source, 'plan.json'), 'utf8')) as Plan;
  const fault: PlannedFault = {
    ...{ id: 'deleted-1', type: 'site-loss', site, disaster: true },
    ...{ at_us: 0, for_us: 0, params: {} },
  };
  const { run, wall, harness } = JSON.parse(readFileSync(join(source, 'intent.json'), 'utf8')) as Intent;
  const declared = declare({ ...plan, timeline: [fault] }, { run, wall, harness });
  writeFileSync(join(target, 'plan.json'), declared.plan);
  writeFileSync(join(target, 'intent.json'), declared.intent);
  const text = rows.map((row) => formatReadBackRow({ ...row, stage: 'at-failover', fault: fault.id })).join('');
  writeFileSync(join(target, 'read-back.csv'), `${READ_BACK_HEADER}${text}`);
  await writeJournal(source, target, fault, atUs);
}

async function writeJournal(source: string, target: string, fault: PlannedFault, atUs: number): Promise<void> {
  let nowUs = 0;
  const intent = sha256Hex(readFileSync(join(target, 'intent.json')));
  const journal = await openJournal(join(target, 'journal.ndjson'), intent, { nowUs: () => nowUs });
  const append = async <T extends EventType>(us: number, type: T, data: EventData[T]): Promise<void> => {
    nowUs = us;
    await journal.append(type, data);
  };
  const events = readFileSync(join(source, 'journal.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalEvent);
  const kept = events.filter(({ type }) => ['run-started', 'timetable-started', 'timetable-ended'].includes(type));
  for (const { at_us, type, data } of kept) await append(at_us, type, data as never);
  const what = { fault: fault.id, disaster: true, notBefore_us: atUs, notAfter_us: atUs, observed: null };
  const lastUs = Math.max(atUs, ...kept.map(({ at_us }) => at_us));
  await append(lastUs, 'fault-requested', { ...what, type: fault.type, target: fault.site, params: {} });
  await append(lastUs, 'fault-effective', what);
  await append(lastUs, 'run-ended', { outcome: 'completed', reason: '' });
  await journal.close();
}
