import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkRun } from '../check/check.ts';
import { acknowledgedKeys, expectHealed, TestReports } from './testing-run.ts';
import type { SitesPlatform } from './testing-sites.ts';

const SCENARIO = `name: good
title: Paris is lost
hypothesis: London serves
services:
  ledger: { probe: cql, rate: 200/s, timeout: 1s, sites: [paris, london] }
siteProbes: { rate: 5/s }
steadyState: { for: 6s }
timeline:
  - at: 1s
    fault: { type: kill, component: cassandra, site: paris }
    for: 8s
recovery: { hints: 1s, after: 1s, repair: false }
readBack: { infoSettle: 1s }
canary: { outage: 300ms }
settings: { sustain: 2s }
objectives: { rto: 30m, rpo: 0 }
`;

const reports = new TestReports();
afterAll(() => reports.remove());

const none = { lower: 0, upper: 0 };

describe('what is acknowledged since the disaster', { timeout: 180_000 }, () => {
  test.concurrent('and vanishes is found missing, by name, though nothing else is', async () => {
    let vanished: readonly string[] = [];
    const ran = await reports.run({
      scenario: SCENARIO,
      during(phase, platform) {
        if (phase !== 'recovery' || vanished.length > 0) return;
        const [paris, london] = [platform.site('paris'), platform.site('london')];
        const since = [...london.rows.keys()].filter((key) => key.includes('/cql.ledger.') && !paris.rows.has(key));
        vanished = since.slice(-60, -57);
        platform.lose(vanished);
      },
    });
    expectHealed(ran);
    const { directory } = ran.result;
    const acknowledged = acknowledgedKeys(directory);
    expect(vanished.filter((key) => acknowledged.has(key))).toHaveLength(3);
    const report = await checkRun(directory);
    expect(report.rpo[0]?.lostInAll).toEqual(none);
    const all = report.later?.writes.find(({ service }) => service === null);
    expect(all?.during.missing).toEqual({ lower: 3, upper: 3 });
    expect(all?.after.missing).toEqual(none);
    expect(all?.missingKeys.map(({ key }) => key).toSorted()).toEqual(vanished.toSorted());
    expect(report.verdict).toBe('fail');
    expect(report.reasons[0]?.text).toMatch(/^3 of \d+ writes that were acknowledged since the disaster are missing/);

    // Every acknowledged write of the run is in one of the two files, at every site.
    const rows = ['read-back.csv', 'later.csv'].flatMap((name) =>
      readFileSync(join(directory, name), 'utf8').trimEnd().split('\r\n'),
    );
    const asked = new Set(rows.map((line) => line.split(',')).map(([, , site, , key]) => `${site} ${key}`));
    const written = [...acknowledged.keys()].filter((key) => key.includes('/cql.') && !key.includes('canary'));
    expect(written.length).toBeGreaterThan(500);
    for (const { name } of ran.plan.platform.sites)
      expect(written.filter((key) => !asked.has(`${name} ${key}`))).toEqual([]);
  });

  test.concurrent('is read once more where it is late, and only that counts', async () => {
    let late: SitesPlatform | undefined;
    const ran = await reports.run({
      scenario: SCENARIO,
      during(phase, platform) {
        // What is written from here on is at one site only, until somebody waits for it.
        if (phase !== 'failback') return;
        platform.handing = false;
        late = platform;
      },
      told(text) {
        if (late && text === 'waiting for hints to be delivered') late.handing = true;
      },
    });
    const report = await checkRun(ran.result.directory);
    expect(report.later?.places.find(({ site }) => site === 'london')?.again).toBeGreaterThan(20);
    const all = report.later?.writes[0];
    expect([all?.during.missing, all?.after.missing, all?.byState]).toEqual([
      none,
      none,
      { present: (all?.during.acknowledged ?? 0) + (all?.after.acknowledged ?? 0) },
    ]);
    expect(report.verdict).toBe('pass');
    expect(report.run.defects).toEqual([]);
  });

  test.concurrent('is not looked for where there was no disaster', async () => {
    const ran = await reports.run({
      scenario: SCENARIO.replace(/timeline:\n(?: .*\n)+/, 'timeline: []\n').replace(
        '{ rto: 30m, rpo: 0 }',
        '{ p95: { target: 1s, phase: before } }',
      ),
    });
    expect(ran.result.outcome).toBe('completed');
    expect(existsSync(join(ran.result.directory, 'later.csv'))).toBe(false);
    expect((await checkRun(ran.result.directory)).later).toBeUndefined();
  });
});
