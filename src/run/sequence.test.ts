import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkRun } from '../check/check.ts';
import { readJournal } from '../history/read-journal.ts';
import { loaded, REGISTRIES } from '../scenario/fixtures.ts';
import type { Plan } from '../scenario/plan.ts';
import { resolvePlan } from '../scenario/resolve.ts';
import { type RunResult, runPlan } from './runner.ts';
import { SitesPlatform } from './testing-sites.ts';

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

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
let reports: string;
beforeAll(() => {
  reports = mkdtempSync(join(tmpdir(), 'drill-sequence-'));
});
afterAll(() => rmSync(reports, { recursive: true, force: true }));

async function run(
  seed: number,
  told: (text: string, interrupt: AbortController) => void = () => {},
): Promise<{ result: RunResult; platform: SitesPlatform; plan: Plan; said: readonly string[] }> {
  await using platform = await SitesPlatform.start();
  const interrupt = new AbortController();
  const scenario = loaded(SCENARIO);
  const plan = resolvePlan({ loaded: scenario, platform: platform.facts(), ...REGISTRIES, options: { seed } });
  const result = await runPlan({
    plan,
    scenarioBytes: scenario.bytes,
    platform,
    reports,
    signal: interrupt.signal,
    onProgress: ({ text }) => told(text, interrupt),
    onSession: () => {},
    scripts: { client: script('./testing-client-main.ts'), reader: script('./testing-reader-main.ts') },
    limits: { lever: join(reports, 'no-lever'), untilMs: null },
    authorisation: null,
  });
  const { events } = readJournal(
    join(result.directory, 'journal.ndjson'),
    readFileSync(join(result.directory, 'intent.json')),
  );
  const said = events.flatMap(({ type, data }) =>
    /^fault-(requested|effective|gone)$/.test(type) && 'fault' in data ? [`${type} ${data.fault}`] : [],
  );
  return { result, platform, plan, said };
}

describe('faults in sequence', { timeout: 180_000 }, () => {
  test.concurrent.each([
    [2, ['paris', 'london', 'frankfurt']],
    [11, ['paris', 'paris', 'frankfurt']],
    [24, ['london', 'london', 'paris']],
  ])(
    'seed %i: each is gone before the next is asked for, and the last one is what is measured',
    async (seed, sites) => {
      const { result, platform, plan, said } = await run(seed);
      expect([result.outcome, result.reason, result.left]).toEqual(['completed', '', []]);
      const ids = ['cut-1', 'cut-2', 'cut-3'];
      expect(plan.timeline.map(({ id, site }) => [id, site])).toEqual(ids.map((id, i) => [id, sites[i]]));
      expect(said).toEqual(
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
      const { result, platform } = await run(2, (text, interrupt) => {
        if (text.startsWith(when)) interrupt.abort(new Error('interrupted (SIGINT)'));
      });
      expect([result.outcome, result.reason, result.left]).toEqual(['aborted', 'interrupted (SIGINT)', []]);
      expect([...platform.registered]).toEqual([]);
      expect(platform.states.filter(({ state }) => state !== 'ready')).toEqual([]);
      expect((await checkRun(result.directory)).verdict).not.toBe('pass');
    },
  );
});
