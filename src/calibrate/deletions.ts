import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRun } from '../check/check.ts';
import type { Report } from '../check/report-schema.ts';
import { print } from '../commands/context.ts';
import type { ReadBackRow } from '../history/operation.ts';
import { readBack, targetOf } from '../run/reading.ts';
import type { Session } from '../run/session.ts';
import { compareDeleted, type Finding } from './compare.ts';
import { deriveRun } from './derive.ts';

/** One write in so many is deleted in all: few enough for the report to name each of them. */
const STEP = 40;
/** Of the writes that are there one in so many is read again each time. */
const SAMPLE = 50;

/**
 * Known rows are deleted behind the probe's back, others each time, and read back. The checker judges each time: from the history, from what
 * was read of everything before the first deletion, and from what was read now of everything deleted so far and of one in fifty of the rest.
 */
export async function deleteTrials(
  session: Session,
  site: string,
  trials: number,
  present: Set<string>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { plan, live, reader, directory } = session;
  const found: Finding[] = [];
  const services = live.services().map((one) => ({
    one,
    writes: live.writesOf(one, (write) => write.outcome !== 'fail'),
    deleted: new Set<string>(),
  }));
  for (let n = 0; n <= trials; n += 1) {
    print(`deleted ${n}/${trials}`);
    for (const { one, writes, deleted } of services) {
      const doomed =
        n === 0 ? [] : writes.filter((write, index) => write.outcome === 'ok' && index % (trials * STEP) === n);
      for (const { key } of doomed) deleted.add(key);
      const rows = doomed.map(({ key, seq }) => ({ key, seq }));
      await reader.run({ type: 'remove', target: targetOf(plan, one.timetable, site), writes: rows }, signal);
      const asked = writes.filter(({ key }, index) => n === 0 || deleted.has(key) || index % SAMPLE === n % SAMPLE);
      await readBack(session, 'at-failover', `calibration-${n}`, [{ live: one, sites: [site], writes: asked }], signal);
    }
    if (n === 0) {
      for (const row of readRows(directory.path)) if (row.state === 'present') present.add(row.key);
      continue;
    }
    const report = await judgeDeleted(session, site, n);
    found.push(...services.map(({ one, deleted }) => compareDeleted(one.timetable.service, report, deleted)));
  }
  return found;
}

/** The checker on the history as it is, and on what was read up to trial `n`. */
async function judgeDeleted({ directory, live, clock }: Session, site: string, n: number): Promise<Report> {
  const rows = new Map<string, ReadBackRow>();
  for (const row of readRows(directory.path)) {
    if (row.fault === `calibration-${n}` || (row.fault === 'calibration-0' && !rows.has(row.key)))
      rows.set(row.key, row);
  }
  const acknowledged = live.services().flatMap((one) => [...one.writes.values()]);
  const lastUs = Math.max(...acknowledged.map(({ completedUs }) => completedUs));
  const target = mkdtempSync(join(tmpdir(), 'drill-calibration-'));
  try {
    const atUs = Math.min(lastUs + 1, clock.nowUs());
    await deriveRun(directory.path, target, { site, atUs, rows: [...rows.values()] });
    return await checkRun(target);
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

function readRows(directory: string): readonly ReadBackRow[] {
  return readFileSync(join(directory, 'read-back.csv'), 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => {
      const [stage, fault, site, probe, key, state, valueSha, readUs] = line.split(',');
      return { stage, fault, site, probe, key, state, valueSha, readUs: Number(readUs) } as ReadBackRow;
    });
}
