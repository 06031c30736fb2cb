import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkRun } from '../check/check.ts';
import type { Phase } from '../history/event.ts';
import type { ComponentState } from '../platform/platform.ts';
import { pullLever } from './lever.ts';
import { acknowledgedKeys, expectHealed, type Ran, TestReports, type TestRun } from './testing-run.ts';

/** What a shell would make, if one ever saw what people write. */
const touched = join(tmpdir(), `drill-touched-${process.pid}`);

/** A run of half a minute with everything in it: failover, recovery, repair, failback. */
const SCENARIO = `name: good
title: "Paris is lost; $(touch ${touched})"
hypothesis: "London serves \`touch ${touched}\` && touch ${touched} #"
dora: { class: "' ; touch ${touched} '", function: "| touch ${touched}", owner: "$(touch ${touched})" }
services:
  ledger: { probe: cql, rate: 200/s, timeout: 1s, sites: [paris, london] }
siteProbes: { rate: 5/s }
steadyState: { for: 6s }
timeline:
  - at: 1s
    fault: { type: kill, component: cassandra, site: paris }
    for: 8s
recovery: { hints: 1s, after: 1s, repair: true }
readBack: { infoSettle: 1s }
canary: { outage: 300ms }
settings: { sustain: 2s }
objectives: { rto: 30m, rpo: 0 }
`;

const reports = new TestReports();
afterAll(() => reports.remove());
// After every run below, each of which has that text.
afterAll(() => expect(existsSync(touched)).toBe(false));

/** Runs that scenario, or another; `also` goes to its end. */
const run = ({
  scenario = SCENARIO,
  also = '',
  ...more
}: Partial<TestRun> & { readonly also?: string } = {}): Promise<Ran> =>
  reports.run({ scenario: scenario + also, ...more });

const rowsOf = ({ platform }: Ran): number => platform.sites.reduce((sum, { rows }) => sum + rows.size, 0);

describe('a run', { timeout: 180_000 }, () => {
  test.concurrent('to its end: what was lost at failover is exactly what had not been handed over', async () => {
    let vanished: readonly string[] = [];
    const ran = await run({
      during(phase, platform) {
        // From here to its end Paris alone has what it acknowledges.
        platform.handing = phase !== 'during';
        if (phase !== 'recovery' || vanished.length > 0) return;
        vanished = [...platform.site('london').rows.keys()].filter((key) => key.includes('/cql.ledger.')).slice(5, 8);
        platform.lose(vanished);
      },
    });
    expect([ran.result.outcome, ran.result.reason]).toEqual(['completed', '']);
    expectHealed(ran);
    expect(rowsOf(ran)).toBe(0);
    const report = await checkRun(ran.result.directory);
    const [rpo] = report.rpo;
    const stranded = new Set(ran.platform.stranded.get('paris'));
    const lost = (rpo?.lostKeys ?? []).map(({ key }) => key).filter((key) => !vanished.includes(key));
    // A write that Paris applied and could not answer any more is stranded, and in nobody's ledger.
    const acknowledged = acknowledgedKeys(ran.result.directory);
    // What Paris acknowledged once it was known to be dead (the answer was on its way) is stranded, and not in the ledger of before.
    const deadUs = report.faults[0]?.effective?.notAfter_us ?? 0;
    const known = [...stranded].filter((key) => (acknowledged.get(key) ?? Number.POSITIVE_INFINITY) <= deadUs);
    expect(lost.toSorted()).toEqual(known.toSorted());
    expect(lost.length).toBeGreaterThan(20);
    expect(rpo?.lost).toEqual({ lower: lost.length, upper: lost.length });
    expect(vanished.filter((key) => acknowledged.has(key))).toHaveLength(3);
    expect([rpo?.lostInAll, rpo?.phantom]).toEqual([{ lower: 3, upper: 3 }, 0]);
    expect(report.run.defects).toEqual([]);
    const types = ran.events.map(({ type }) => type);
    expect(types.indexOf('undo-recorded')).toBeLessThan(types.indexOf('fault-effective'));
    expect(ran.platform.log.indexOf('record kill-1')).toBeLessThan(
      ran.platform.log.indexOf('end paris cassandra within 0 ms'),
    );
  });

  const PHASES: readonly Phase[] = [
    'canary',
    'steady-state',
    'before',
    'during',
    'read-back',
    'recovery',
    'after',
    'failback',
    'cleanup',
  ];

  test.concurrent.each(PHASES)('that is interrupted at %s heals, removes its rows and is never a pass', async (at) => {
    let told = false;
    const ran = await run({
      during(phase, _, interrupt) {
        if (phase === at && !told) {
          told = true;
          interrupt.abort(new Error('interrupted (SIGINT)'));
        }
      },
    });
    expect([ran.result.outcome, ran.result.reason]).toEqual(['aborted', 'interrupted (SIGINT)']);
    expectHealed(ran);
    expect(rowsOf(ran)).toBe(0);
    expect((await checkRun(ran.result.directory)).verdict).not.toBe('pass');
  });

  test.concurrent('whose undo fails says what it leaves behind, and leaves it to the register', async () => {
    const ran = await run({
      prepare: (platform) => {
        platform.fails = 'processes';
      },
      during(phase, _, interrupt) {
        if (phase === 'during') setTimeout(() => interrupt.abort(new Error('interrupted (SIGINT)')), 3_000);
      },
    });
    expect(ran.result.left).toEqual([expect.stringContaining('kill-1')]);
    expect(ran.result.outcome).toBe('aborted');
    expect(ran.result.reason).toContain('left behind: kill-1');
    expect([...ran.platform.registered.keys()]).toEqual(['kill-1']);
  });

  describe('whose site serves nothing although its fault is undone', () => {
    const stuck = (again: (platform: Ran['platform']) => unknown = () => {}): Promise<Ran> => {
      let once = false;
      return run({
        scenario: SCENARIO.replace('recovery: {', 'recovery: { within: 3s,'),
        patienceMs: 4_000,
        during(phase, platform) {
          if (phase !== 'recovery' || once) return;
          once = true;
          platform.site('paris').stuck = true;
          again(platform);
        },
      });
    };

    test.concurrent('has it restarted, goes on to its end, and fails', async () => {
      const ran = await stuck();
      expect([ran.result.outcome, ran.result.reason, ran.result.left]).toEqual(['completed', '', []]);
      expect(ran.platform.log).toContain('restart paris cassandra within 30000 ms');
      expectHealed(ran);
      expect(rowsOf(ran)).toBe(0);
      const { verdict, reasons, rpo } = await checkRun(ran.result.directory);
      expect(verdict).toBe('fail');
      // What became of its writes was asked all the same.
      expect(rpo.filter(({ lostInAll }) => lostInAll === null)).toEqual([]);
      expect(reasons[0]).toMatchObject({
        verdict: 'fail',
        subject: 'recovery',
        text: 'it did not come back by itself: the harness restarted cassandra of paris, which served nothing after kill-1 had been undone',
      });
    });

    test.concurrent('in production: people are told what to restart', async () => {
      const ran = await stuck((platform) => {
        const facts = platform.facts();
        platform.facts = () => ({ ...facts, environment: 'production' });
      });
      expect(ran.platform.log.filter((entry) => entry.startsWith('restart'))).toEqual([]);
      expect(ran.result.left).toEqual([
        expect.stringContaining('kill-1: undone, and cassandra of paris serves nothing'),
      ]);
      expect((await checkRun(ran.result.directory)).verdict).toBe('fail');
    });

    test.concurrent('and does not come back from its restart either: it is left, and named', async () => {
      const ran = await stuck((platform) => {
        const { restart } = platform.abilities.restarts;
        platform.abilities.restarts.restart = async (...of) => {
          await restart(...of);
          platform.fails = 'processes';
        };
      });
      expect(ran.result.left).toEqual([
        expect.stringContaining('its restart failed: restart-cassandra-paris is not undone'),
      ]);
      expect(ran.result.reason).toContain('the rows of the run were not removed');
      expect([...ran.platform.registered.keys()]).toEqual(['restart-cassandra-paris']);
    });
  });

  test.concurrent('whose register cannot record the undo injects nothing', async () => {
    const ran = await run({
      prepare: (platform) => {
        platform.register.record = async () => {
          throw new Error('the register cannot be written');
        };
      },
    });
    expect([ran.result.outcome, ran.result.reason]).toEqual(['failed', 'the register cannot be written']);
    expectHealed(ran);
    expect(ran.platform.log.filter((entry) => entry.startsWith('end'))).toEqual([]);
  });

  test.concurrent('whose client dies heals, even if its reader dies as well at first, and says what died', async () => {
    const ran = await run({
      during(phase, platform) {
        if (phase !== 'during') return;
        platform.deadly = true;
        setTimeout(() => {
          platform.deadly = false;
        }, 3_000);
      },
    });
    expect([ran.result.outcome, ran.result.reason]).toEqual(['failed', expect.stringContaining('process')]);
    expectHealed(ran);
    expect((await checkRun(ran.result.directory)).verdict).not.toBe('pass');
  });

  test.concurrent('in which something else dies by itself is no measurement of its fault alone', async () => {
    let died = false;
    const ran = await run({
      during(phase, platform, interrupt) {
        if (phase === 'during' && !died) {
          died = true;
          for (const hear of platform.listeners) hear({ type: 'component-died', data: 'london janusgraph/0: SIGKILL' });
        }
        if (phase === 'recovery') interrupt.abort(new Error('enough'));
      },
    });
    expectHealed(ran);
    const report = await checkRun(ran.result.directory);
    expect(report.verdict).not.toBe('pass');
    const [reason] = report.reasons.filter(({ subject }) => subject === 'platform');
    expect(reason).toMatchObject({ verdict: 'unknown', text: expect.stringContaining('london janusgraph/0') });
  });

  test.concurrent('in which a fault kills what it is deadly to, and nothing else', async () => {
    let dead = false;
    const ran = await run({
      scenario: SCENARIO.replace('type: kill, component: cassandra', 'type: disk-full'),
      during(phase, platform, interrupt) {
        const died = (data: string) => () => {
          for (const hear of platform.listeners) hear({ type: 'component-died', data });
        };
        if (phase === 'during' && !dead) setTimeout(died('paris cassandra/0: SIGBUS'), 3_000);
        dead ||= phase === 'during';
        if (phase === 'recovery') interrupt.abort(new Error('enough'));
      },
    });
    expectHealed(ran);
    const said = ran.events.filter(({ type }) => type === 'platform-event').map(({ data }) => JSON.stringify(data));
    const expected = JSON.stringify({ kind: 'died-of-fault', what: 'paris cassandra/0: SIGBUS, of disk-full-1' });
    expect([...new Set(said)]).toEqual([expected]);
    const { reasons } = await checkRun(ran.result.directory);
    expect(reasons.filter(({ subject }) => subject === 'platform')).toEqual([]);
  });

  test.concurrent('finds what stood there before it, and heals it or does not begin', async () => {
    const stray = await run({
      prepare: (platform) => platform.rules.set('partition-site-1', []),
      during: (phase, _, interrupt) => phase === 'canary' && interrupt.abort(new Error('enough')),
    });
    expectHealed(stray);
    expect(stray.platform.rules.size).toBe(0);
    const stuck = await run({
      prepare(platform) {
        platform.fails = 'processes';
        platform.states.splice(0, 1, { ...(platform.states[0] as ComponentState), state: 'stopped' });
      },
    });
    expect([stuck.result.outcome, stuck.result.reason]).toEqual([
      'failed',
      expect.stringContaining('cannot be healed'),
    ]);
    expect(stuck.events.map(({ type }) => type)).not.toContain('timetable-started');
    expect((await checkRun(stuck.result.directory)).verdict).toBe('unknown');
  });

  test.concurrent('whose journal hangs in the middle of a fault is broken off and healed all the same', async () => {
    const ran = await run({
      onSession({ journal }) {
        const append = journal.append.bind(journal);
        const hangs = (type: string): boolean => type === 'fault-effective';
        Object.assign(journal, {
          append: (...args: Parameters<typeof append>) => (hangs(args[0]) ? new Promise(() => {}) : append(...args)),
        });
      },
      during(phase, _, interrupt) {
        if (phase === 'during') setTimeout(() => interrupt.abort(new Error('interrupted (SIGINT)')), 4_000);
      },
    });
    expect([ran.result.outcome, ran.result.reason]).toEqual(['aborted', 'interrupted (SIGINT)']);
    expectHealed(ran);
    expect(ran.platform.log).toContain('end paris cassandra within 0 ms');
  });

  test.concurrent('whose lever is pulled breaks off and heals, and says why', async () => {
    const lever = join(reports.directory, 'lever');
    const ran = await run({
      limits: { lever, untilMs: null },
      during: (phase) => phase === 'during' && setTimeout(() => pullLever(lever, 'payments are slow'), 2_000),
    });
    expect([ran.result.outcome, ran.result.reason]).toEqual(['aborted', 'lever: payments are slow']);
    expectHealed(ran);
    expect(ran.platform.log).toContain('end paris cassandra within 0 ms');
    const stopped = ran.events.find(({ type }) => type === 'stop-condition');
    expect(stopped?.data).toEqual({ condition: 'lever', observed: 'payments are slow' });
    expect((await checkRun(ran.result.directory)).verdict).toBe('unknown');
  });

  test.concurrent('in which a second site falls silent breaks off and heals what is its own', async () => {
    const ran = await run({
      also: 'stop: { otherSite: 2s }\n',
      during(phase, platform) {
        if (phase === 'during') setTimeout(() => platform.set('frankfurt', ['cassandra'], 'stopped'), 1_000);
        // It comes back by itself, so that the rows can be removed.
        if (phase === 'cleanup') platform.set('frankfurt', ['cassandra'], 'ready');
      },
    });
    expect(ran.result.outcome).toBe('aborted');
    expect(ran.result.reason).toMatch(
      /^stop.otherSite: no fault strikes frankfurt, and cql had no answer there for \d s/,
    );
    expectHealed(ran);
  });

  test.concurrent('whose cleanup takes longer than a site may be silent is not broken off by it', async () => {
    const ran = await run({
      also: 'stop: { otherSite: 2s }\n',
      during: (phase, platform) => {
        platform.removalMs = phase === 'cleanup' ? 4_000 : 0;
      },
    });
    expect([ran.result.outcome, ran.result.reason]).toEqual(['completed', '']);
  });

  test.concurrent('does not take the last site of a service', async () => {
    const ran = await run({
      during: (phase, platform) => phase === 'before' && platform.set('london', ['cassandra'], 'stopped'),
    });
    expect([ran.result.outcome, ran.result.reason.split(';')[0]]).toEqual([
      'failed',
      'kill-1: no other site of ledger is whole, so paris is not taken',
    ]);
    expect(ran.platform.log.filter((entry) => entry.startsWith('end'))).toEqual([]);
  });

  test.concurrent('whose site goes away before the fault, by itself, is no measurement of it', async () => {
    const ran = await run({
      during(phase, platform) {
        if (phase === 'before') platform.set('paris', ['cassandra'], 'stopped');
      },
    });
    expect(ran.result.outcome).toBe('failed');
    expect(ran.result.reason).toContain('kill-1: its target is not whole before the fault');
    expect(ran.platform.log.filter((entry) => entry.startsWith('end'))).toEqual([]);
    expect((await checkRun(ran.result.directory)).verdict).toBe('unknown');
  });
});
