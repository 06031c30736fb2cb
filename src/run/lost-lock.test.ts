import { afterAll, expect, test } from 'vitest';
import { PlatformError } from '../errors.ts';
import { expectHealed, type Ran, TestReports, type TestRun } from './testing-run.ts';
import type { SitesPlatform } from './testing-sites.ts';

const reports = new TestReports();
afterAll(() => reports.remove());

const SCENARIO = `name: good
title: Paris is lost
hypothesis: London serves
services:
  ledger: { probe: cql, rate: 200/s, timeout: 1s, sites: [paris, london] }
siteProbes: false
steadyState: { for: 6s }
timeline:
  - at: 1s
    fault: { type: kill, component: cassandra, site: paris }
    for: 10m
settings: { sustain: 2s }
canary: { outage: 300ms }
objectives: { rto: 30m }
`;
const WHY = 'the lock of bank (context paris) is lost: run r2 has taken it over';

/** A run whose lock is lost while its fault is in force. */
async function losesItsLock(more: Partial<TestRun> & { readonly stuck: boolean }): Promise<Ran> {
  let platform: SitesPlatform | undefined;
  return await reports.run({
    scenario: SCENARIO,
    ...more,
    prepare: (one) => {
      platform = one;
    },
    told: (text) => {
      if (!platform || !text.startsWith('kill-1 is effective')) return;
      platform.site('paris').stuck = more.stuck;
      platform.lockLost.abort(new PlatformError(WHY));
    },
  });
}

test('a run that may be no longer alone at its platform heals what it did, and ends', {
  timeout: 180_000,
}, async () => {
  const ran = await losesItsLock({ stuck: false });
  expectHealed(ran);
  expect([ran.result.outcome, ran.result.reason]).toEqual(['aborted', WHY]);
  const stopped = ran.events.flatMap(({ type, data }) => (type === 'stop-condition' ? [data] : []));
  expect(stopped).toEqual([{ condition: 'lock', observed: WHY }]);
  expect(ran.events.map(({ type }) => type)).toContain('fault-gone');
});

test('and restarts nothing that serves nothing: another run may be measuring it', { timeout: 180_000 }, async () => {
  const ran = await losesItsLock({ stuck: true, patienceMs: 3_000 });
  expect(ran.platform.log.filter((entry) => entry.startsWith('restart'))).toEqual([]);
  expect(ran.result.left).toEqual([
    'kill-1: undone, and cassandra of paris serves nothing all the same; not restarted: another run may be at the platform; to restart it: npm run drill -- recover --restart paris',
  ]);
});
