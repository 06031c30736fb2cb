import { afterAll, describe, expect, test } from 'vitest';
import { checkRun } from '../check/check.ts';
import { expectHealed, type Ran, TestReports, type TestRun } from './testing-run.ts';

/** One site after the other, picked by a seed. */
const SCENARIO = `name: good
title: Sites are lost one after the other
hypothesis: Another one serves
services:
  ledger: { probe: cql, rate: 200/s, timeout: 1s, sites: [paris, london] }
siteProbes: { rate: 5/s }
steadyState: { for: 6s }
timeline:
  - at: 1s
    id: cut
    fault: { type: kill, component: cassandra, site: { pick: any }, disaster: true }
    for: 1s
    repeat: { times: 3, every: 3s }
failover: { retry: 1s }
recovery: { hints: 1s, after: 1s, repair: true }
readBack: { infoSettle: 1s }
canary: { outage: 300ms }
settings: { sustain: 2s }
objectives: { rto: 30m }
`;

const reports = new TestReports();
afterAll(() => reports.remove());

const run = (seed: number, told: TestRun['told'] = () => {}): Promise<Ran> =>
  reports.run({ scenario: SCENARIO, seed, told });

/** What the journal says of faults, in order: `fault-gone cut-1`. */
const saidOf = ({ events }: Ran): readonly string[] =>
  events.flatMap(({ type, data }) =>
    /^fault-(requested|effective|gone)$/.test(type) && 'fault' in data ? [`${type} ${data.fault}`] : [],
  );

describe('faults in sequence', { timeout: 180_000 }, () => {
  test.concurrent.each([
    [2, ['paris', 'london', 'frankfurt']],
    [11, ['paris', 'paris', 'frankfurt']],
    [24, ['london', 'london', 'paris']],
  ])(
    'seed %i: each is gone before the next is asked for, and the last one is what is measured',
    async (seed, sites) => {
      const ran = await run(seed);
      const { result, platform, plan } = ran;
      expect([result.outcome, result.reason, result.left]).toEqual(['completed', '', []]);
      const ids = ['cut-1', 'cut-2', 'cut-3'];
      expect(plan.timeline.map(({ id, site }) => [id, site])).toEqual(ids.map((id, i) => [id, sites[i]]));
      expect(saidOf(ran)).toEqual(
        ids.flatMap((id) => ['requested', 'effective', 'gone'].map((what) => `fault-${what} ${id}`)),
      );
      expect(platform.log.filter((entry) => entry.startsWith('end'))).toEqual(
        sites.map((site) => `end ${site} cassandra within 0 ms`),
      );
      const report = await checkRun(result.directory);
      expect(report.faults.map(({ id, target, disaster }) => [id, target, disaster])).toEqual(
        ids.map((id, i) => [id, sites[i], id === 'cut-3']),
      );
      expect([report.run.defects, report.views[0]?.rto.state]).toEqual([
        [],
        sites[2] === 'paris' ? 'measured' : 'none',
      ]);
      const among = '(among paris, london, frankfurt)';
      expect(report.facts).toContainEqual({
        fact: 'random picks',
        value: [`seed ${seed}`, ...ids.map((id, i) => `${id}: site ${sites[i]} ${among}`)].join('; '),
      });
      // Held as long as it says, from its effect to its end.
      for (const { effective, releaseRequested } of report.faults)
        expect((releaseRequested?.notBefore_us ?? 0) - (effective?.notAfter_us ?? 0)).toBeGreaterThanOrEqual(1e6);
    },
  );

  test.concurrent.each(['cut-1 is effective', 'cut-1 is gone', 'cut-2 is effective'])(
    'broken off when %s: all is healed',
    async (when) => {
      const ran = await run(2, (text, interrupt) => {
        if (text.startsWith(when)) interrupt.abort(new Error('interrupted (SIGINT)'));
      });
      expect([ran.result.outcome, ran.result.reason]).toEqual(['aborted', 'interrupted (SIGINT)']);
      expectHealed(ran);
      expect((await checkRun(ran.result.directory)).verdict).not.toBe('pass');
    },
  );
});
