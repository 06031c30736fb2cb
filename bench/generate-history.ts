import { once } from 'node:events';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../src/history/chain.ts';
import { HISTORY_HEADER } from '../src/history/history-csv.ts';
import { declare } from '../src/history/intent.ts';
import { openJournal } from '../src/history/journal.ts';
import { READ_BACK_HEADER } from '../src/history/read-back-csv.ts';
import { slotIntendedUs, writeKey } from '../src/history/timetable.ts';
import { type Plan, planSchema } from '../src/scenario/plan.ts';

/** A run of one service at 10,000 operations a second, with an outage of a second in its middle. */
export interface HistoryShape {
  readonly operations: number;
  /** One in so many operations is a write; the others read. */
  readonly writeEvery: number;
}

const RATE = 10_000;
const ID = { probe: 'cql', service: 'ledger', site: '', client: 'outside' };
const SITES = ['paris', 'london', 'frankfurt'];

/** Writes a run directory: scenario, plan, intent, journal, history.csv, read-back.csv. */
export async function generateRun(directory: string, { operations, writeEvery }: HistoryShape): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const lengthUs = slotIntendedUs(0, RATE, operations);
  const faultUs = Math.floor(lengthUs / 2);
  const declared = declare(plan(), { run: 'bench', wall: new Date(0).toISOString(), harness: '0' });
  writeFileSync(join(directory, 'scenario.yaml'), SCENARIO);
  writeFileSync(join(directory, 'plan.json'), declared.plan);
  writeFileSync(join(directory, 'intent.json'), declared.intent);
  const intentSha256 = sha256Hex(declared.intent);
  await writeJournal(join(directory, 'journal.ndjson'), intentSha256, { operations, faultUs, lengthUs });
  const history = createWriteStream(join(directory, 'history.csv'));
  const readBack = createWriteStream(join(directory, 'read-back.csv'));
  history.write(HISTORY_HEADER);
  readBack.write(READ_BACK_HEADER);
  let rows = '';
  let answers = '';
  for (let k = 0; k < operations; k++) {
    const at = slotIntendedUs(0, RATE, k);
    const write = k % writeEvery === 0;
    const down = at >= faultUs && at < faultUs + 1_000_000;
    const key = writeKey('20260131T120000Z-0a1b2c', ID, k - (k % writeEvery));
    // A cheap scatter of latencies: most around 2 ms, one in a hundred up to 20 ms.
    const latencyUs = 1_000 + ((k * 7919) % 2_000) + (k % 100 === 0 ? (k * 31) % 20_000 : 0);
    const site = at < faultUs ? 'paris' : 'london';
    const end = down ? 'fail,refused,' : 'ok,,0123456789abcdef';
    rows += `${k},1,cql,ledger,${site},outside,${key},${write ? 'write' : 'read'},${at},${at + 15},${at + latencyUs},${end}\r\n`;
    if (write && at + latencyUs < faultUs) {
      answers += `at-failover,site-loss-1,london,cql,${key},present,0123456789abcdef,${at}\r\n`;
      for (const place of SITES)
        answers += `after-repair,site-loss-1,${place},cql,${key},present,0123456789abcdef,${at}\r\n`;
    }
    if (rows.length > 1 << 20) {
      if (!history.write(rows)) await once(history, 'drain');
      if (answers !== '' && !readBack.write(answers)) await once(readBack, 'drain');
      rows = '';
      answers = '';
    }
  }
  history.end(rows);
  readBack.end(answers);
  await Promise.all([once(history, 'finish'), once(readBack, 'finish')]);
}

async function writeJournal(
  path: string,
  intentSha256: string,
  { operations, faultUs, lengthUs }: { operations: number; faultUs: number; lengthUs: number },
): Promise<void> {
  let nowUs = 0;
  const journal = await openJournal(path, intentSha256, { nowUs: () => nowUs }, () => 0);
  const fault = { fault: 'site-loss-1', disaster: true, observed: null };
  const instant = (us: number): { notBefore_us: number; notAfter_us: number } => ({
    notBefore_us: us,
    notAfter_us: us,
  });
  const goneUs = Math.floor(lengthUs * 0.75);
  await journal.append('run-started', { run: 'bench', scenario: 'bench', harness: '0', node: process.version });
  await journal.append('timetable-started', {
    ...ID,
    start_us: 0,
    rate: RATE,
    timeout_us: 2_000_000,
    writes: ['write'],
  });
  nowUs = faultUs;
  await journal.append('fault-requested', {
    ...fault,
    ...instant(faultUs),
    type: 'site-loss',
    target: 'paris',
    params: {},
  });
  await journal.append('fault-effective', { ...fault, ...instant(faultUs) });
  for (let us = faultUs; us < goneUs; us += 5_000_000)
    await journal.append('fault-observed', { ...fault, ...instant(us) });
  nowUs = goneUs;
  await journal.append('fault-release-requested', { ...fault, ...instant(goneUs) });
  await journal.append('fault-gone', { ...fault, ...instant(goneUs) });
  nowUs = lengthUs + 2_000_000;
  await journal.append('timetable-ended', { ...ID, last: operations - 1 });
  await journal.append('run-ended', { outcome: 'completed', reason: '' });
  await journal.close();
}

/** Of which nothing but its digest is read again. */
const SCENARIO = 'name: bench\n';

function plan(): Plan {
  const latency = { quantile: 0.95, op: '<', target_us: 100_000 };
  const params = {};
  return planSchema.parse({
    schema: 'drill/plan/1',
    scenario: {
      name: 'bench',
      title: '',
      tier: null,
      hypothesis: '',
      tags: [],
      dora: null,
      sha256: sha256Hex(SCENARIO),
    },
    platform: {
      name: 'none',
      environment: 'laboratory',
      sites: SITES.map((name) => ({ name, datacenter: name, endpoints: {} })),
      nodesPerSite: 1,
      replicationFactor: 1,
      versions: {},
      tuning: {},
      abilities: [],
    },
    settings: { downAfter: 3, upAfter: 10, floor: 0.95, sustain_us: 10_000_000, windowOperations: 200 },
    services: {
      ledger: { probe: 'cql', sites: SITES, client: 'outside', rate: RATE, timeout_us: 2_000_000, latency, params },
    },
    timetables: [{ ...ID, rate: RATE, timeout_us: 2_000_000, writes: ['write'], params }],
    failover: { after: 5, retry_us: 30_000_000, halfOpen: 1, failback: 'operator' },
    retry: null,
    steadyState: { for_us: 1, within_us: 1 },
    timeline: [{ id: 'site-loss-1', type: 'site-loss', site: 'paris', disaster: true, at_us: 0, for_us: 0, params }],
    recovery: { within_us: 1, repair: true, hints_us: 1, after_us: 1, failback: false, failback_us: 1 },
    readBack: { rate: 1, within_us: 1, attempts: 1, infoSettle_us: 1 },
    canary: { rate: 1, outage_us: 1, deleted: 1 },
    objectives: [
      { id: 'rto/ledger', metric: 'rto', service: 'ledger', op: '<', target_us: 60_000_000 },
      { id: 'rpo', metric: 'rpo', service: null, op: '<=', target_us: 0 },
      {
        id: 'p95/ledger',
        metric: 'latency',
        service: 'ledger',
        quantile: 0.95,
        phase: 'after',
        op: '<',
        target_us: 100_000,
      },
    ],
    drivers: {},
    notMeasured: [],
    jitter_us: 0,
  });
}
