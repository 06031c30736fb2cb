import { afterAll, describe, expect, test } from 'vitest';
import { checkRun } from '../check/check.ts';
import { acknowledgedKeys, expectHealed, type Ran, TestReports, type TestRun } from './testing-run.ts';

const SCENARIO = `name: good
title: Everything is lost
hypothesis: It is restored from its last backup
services:
  ledger: { probe: cql, rate: 200/s, timeout: 1s, sites: [paris, london] }
siteProbes: { rate: 5/s }
steadyState: { for: 6s }
backups:
  later: { at: 1s }
  hourly: { at: 0s }
timeline:
  - at: 3s
    fault: { type: data-loss, site: paris, also: [london, frankfurt], backup: later }
    for: 2s
failover: { retry: 1s }
recovery: { hints: 1s, after: 1s, repair: true }
readBack: { infoSettle: 1s }
canary: { outage: 300ms }
settings: { sustain: 2s }
guard: { lastSite: may be taken }
objectives: { rto: 30m, rpo: 1m }
promises: { backup: 2h, restore: 4h }
`;

const TEST = SCENARIO.replace(
  /backups:[\s\S]*failover/,
  'backups:\n  daily: { at: 1s, restoreTest: paris }\ntimeline: []\nfailover',
).replace(/guard:[\s\S]*/, 'promises: { restore: 4h }\nobjectives: { p95: { target: 1s, phase: before } }\n');

const reports = new TestReports();
afterAll(() => reports.remove());

const run = (over: Partial<TestRun> = {}): Promise<Ran> => reports.run({ scenario: SCENARIO, ...over });

describe('a run that loses everything', { timeout: 180_000 }, () => {
  test.concurrent('counts exactly what its backup does not have, and reads it back once it is restored', async () => {
    const ran = await run();
    expect([ran.result.outcome, ran.result.reason]).toEqual(['completed', '']);
    expectHealed(ran);
    const report = await checkRun(ran.result.directory);
    const [fault] = report.faults;
    const [rpo] = report.rpo;
    const effectiveUs = fault?.effective?.notAfter_us ?? 0;
    const had = [...(ran.platform.copies.get('later')?.values() ?? [])].map((rows) => new Set(rows.keys()));
    const acknowledged = [...acknowledgedKeys(ran.result.directory)].filter(([key]) => !key.includes('canary'));
    const ledger = acknowledged.filter(([, us]) => us < effectiveUs);
    // What was acknowledged just after the effect, by a site that had it before, is stranded, and lost in the end as well.
    const untilUs = fault?.releaseRequested?.notBefore_us ?? 0;
    const before = acknowledged.filter(([, us]) => us < untilUs);
    // At failover what the site that serves now has is what counts; in the end, what all of them have.
    const atFirst = ledger.flatMap(([key]) => (had[0]?.has(key) ? [] : [key]));
    const anywhere = before.filter(([key]) => had.some((keys) => !keys.has(key)));
    expect(atFirst.length).toBeGreaterThan(100);
    expect(rpo?.lost).toEqual({ lower: atFirst.length, upper: atFirst.length });
    expect(rpo?.lostInAll).toEqual({ lower: anywhere.length, upper: anywhere.length });
    const first = Math.min(...ledger.flatMap(([key, us]) => (had[0]?.has(key) ? [] : [us])));
    expect(rpo?.rpo_us).toEqual({ lower: effectiveUs - first, upper: effectiveUs - first });
    expect(report.views[0]?.rto.state).toBe('measured');
    expect(report.run.defects).toEqual([]);
  });

  test.concurrent('says of each backup how it was taken and how old it was, and how it was restored', async () => {
    const ran = await run();
    const order = ran.platform.log.filter((entry) => /backup|lose/.test(entry));
    expect(order).toEqual([
      'take the backup hourly',
      'take the backup later',
      'lose the data of paris london frankfurt',
    ]);
    const { backups, promises, faults } = await checkRun(ran.result.directory);
    expect(backups).toMatchObject({
      taken: [
        { backup: 'hourly' },
        { backup: 'later', tool: 'Fake 1.0', nodes: [{ site: 'paris', bytes: 700 }, {}, {}] },
      ],
      notTaken: [],
      restored: [{ fault: 'data-loss-1', backup: 'later', nodes: [{ site: 'paris', copied_us: 500 }, {}, {}] }],
    });
    const [taken] = backups?.taken.slice(1) ?? [];
    expect(taken?.age_us).toBe((faults[0]?.effective?.notAfter_us ?? 0) - (taken?.from_us ?? 0));
    expect(promises?.map(({ promise, kept }) => [promise, kept])).toEqual([
      ['backup hourly', 'kept'],
      ['backup later', 'kept'],
      ['restore from later', 'kept'],
    ]);
  });

  test.concurrent('whose backup fails loses nothing', async () => {
    const ran = await run({
      prepare: ({ abilities }) => {
        abilities.backups.take = async () => Promise.reject(new Error('the backup hourly of paris lacks a file'));
      },
    });
    expect(ran.result).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('lacks a file') });
    expectHealed(ran);
    expect(ran.platform.log.filter((entry) => entry.startsWith('lose'))).toEqual([]);
    const report = await checkRun(ran.result.directory);
    expect([report.verdict === 'pass', report.backups?.notTaken]).toEqual([false, ['hourly', 'later']]);
  });

  test.concurrent('whose restore fails has failed, says why, and leaves nothing behind', async () => {
    const ran = await run({
      prepare: (platform) => {
        const { register, lost } = platform;
        const { undo } = register;
        const failure = 'no space left; what was there before was put back';
        register.undo = async (fault, signal) => {
          const what = lost.get(fault);
          if (!what?.inForce) return undo(fault, signal);
          // As the local platform does: who tries again finds everything whole.
          lost.set(fault, { ...what, inForce: false, empty: 0, failure });
          for (const site of what.sites) platform.set(site, ['cassandra', 'janusgraph'], 'ready');
          return [{ undo: { kind: 'restore', params: { ...what } }, ok: false, error: failure }];
        };
      },
    });
    expect(ran.result.outcome).toBe('failed');
    expect(ran.result.reason).toContain('data-loss-1: nothing was restored from later: no space left');
    expectHealed(ran);
    expect((await checkRun(ran.result.directory)).verdict).not.toBe('pass');
  });

  test.concurrent('that is interrupted while all is lost restores it', async () => {
    const ran = await run({
      told: (text, interrupt) => {
        if (text.startsWith('data-loss-1 is effective')) interrupt.abort(new Error('enough'));
      },
    });
    expect(ran.result.outcome).toBe('aborted');
    expectHealed(ran);
    expect(ran.platform.lost.get('data-loss-1')).toMatchObject({ inForce: false });
  });
});

describe('a restore test', { timeout: 180_000 }, () => {
  test.concurrent('finds everything that was acknowledged before its backup began, and takes what it restored away', async () => {
    const ran = await run({ scenario: TEST });
    expect([ran.result.outcome, ran.result.reason]).toEqual(['completed', '']);
    expectHealed(ran);
    expect([...ran.platform.copied]).toEqual([]);
    const { backups, verdict, promises, readBack, dora } = await checkRun(ran.result.directory);
    const taken = backups?.taken[0]?.from_us ?? 0;
    const before = [...acknowledgedKeys(ran.result.directory)].filter(
      ([key, us]) => us < taken && !key.includes('canary'),
    );
    expect(before.length).toBeGreaterThan(500);
    expect(backups?.tested).toMatchObject([
      { backup: 'daily', site: 'paris', ledger: before.length, missing: { lower: 0, upper: 0 }, missingKeys: [] },
    ]);
    expect([verdict, backups?.notTested]).toEqual(['pass', []]);
    expect(promises).toMatchObject([{ promise: 'restore from daily, beside the platform', kept: 'kept' }]);
    // What was read in the copy is no reading of the platform's sites, and reconciles nothing with them.
    expect(new Set(readBack.map(({ stage }) => stage))).toEqual(new Set(['canary']));
    expect(
      dora?.reconciliation
        .filter(({ what }) => what.includes('writes'))
        .map(({ missing, diverged }) => [missing, diverged]),
    ).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  test.concurrent('whose backup lacks writes of before it is a miss that names them, whatever the backup says of itself', async () => {
    let lacking: readonly string[] = [];
    const ran = await run({
      scenario: TEST,
      during(phase, platform) {
        if (phase !== 'before') return;
        lacking = [...platform.site('paris').rows.keys()].filter((key) => key.includes('/cql.ledger.')).slice(5, 8);
        platform.missing = lacking;
      },
    });
    const report = await checkRun(ran.result.directory);
    const acknowledged = acknowledgedKeys(ran.result.directory);
    const known = lacking.filter((key) => acknowledged.has(key));
    expect(known).toHaveLength(3);
    expect(report.backups?.tested[0]).toMatchObject({ missing: { lower: 3, upper: 3 }, byState: { absent: 3 } });
    expect(report.backups?.tested[0]?.missingKeys.map(({ key }) => key).toSorted()).toEqual(known.toSorted());
    expect([report.verdict, report.reasons[0]?.subject]).toEqual(['fail', 'backup daily']);
  });

  test.concurrent('that cannot be opened has failed, and leaves nothing behind', async () => {
    const ran = await run({
      scenario: TEST,
      prepare: ({ abilities }) => {
        abilities.restoreTests.open = async () => Promise.reject(new Error('no space left'));
      },
    });
    expect(ran.result).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('no space left') });
    expectHealed(ran);
    const report = await checkRun(ran.result.directory);
    expect([report.verdict, report.backups?.notTested]).toEqual(['unknown', ['daily']]);
  });

  test.concurrent('that is interrupted takes what it restored away', async () => {
    const ran = await run({
      scenario: TEST,
      told: (text, interrupt) => {
        if (text.startsWith('restoring the backup daily')) setTimeout(() => interrupt.abort(new Error('enough')), 200);
      },
    });
    expect(ran.result.outcome).toBe('aborted');
    expectHealed(ran);
    expect([...ran.platform.copied]).toEqual([]);
  });
});
