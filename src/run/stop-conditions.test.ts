import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Outcome } from '../history/operation.ts';
import { GOOD, loaded, PLATFORM, REGISTRIES } from '../scenario/fixtures.ts';
import type { Timetable } from '../scenario/plan.ts';
import { resolvePlan } from '../scenario/resolve.ts';
import { pulledLever, pullLever, releaseLever } from './lever.ts';
import { LiveRecord } from './live-record.ts';
import { type Stopped, type WatchedRun, whyStopped } from './stop-conditions.ts';

let directory = '';
let lever = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-stop-'));
  lever = join(directory, 'stop');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const SECOND = 1_000_000;

/** A run at 60 s, its fault requested at 20 s, in which each timetable had the outcome that `outcome` says at each second. */
function whyAt60(
  stop: string,
  outcome: (timetable: Timetable, second: number) => Outcome,
  over: { readonly firstFaultUs?: number | null; readonly untilMs?: number | null } = {},
): Stopped | null {
  const plan = resolvePlan({ ...REGISTRIES, loaded: loaded(`${GOOD}stop: ${stop}\n`), platform: PLATFORM });
  const live = new LiveRecord(plan);
  for (const one of live.timetables) {
    one.start(0);
    const { probe, service, site, client, rate } = one.timetable;
    for (let index = 0; index < 60 * rate; index += 1) {
      const intendedUs = Math.floor((index * 1e6) / rate);
      const said = outcome(one.timetable, Math.floor(intendedUs / SECOND));
      const completedUs = intendedUs + 1_000;
      one.add({
        ...{ index, attempt: 1, probe, service, site: site || 'paris', client, f: 'read', key: 'k', valueSha: '' },
        ...{ intendedUs, invokedUs: intendedUs, completedUs, outcome: said, error: said === 'ok' ? '' : 'timeout' },
      });
    }
  }
  const { firstFaultUs = 20 * SECOND, untilMs = null } = over;
  const run: WatchedRun = {
    ...{ plan, live, clock: { nowUs: () => 60 * SECOND }, journal: { append: async () => {} } },
    firstFaultUs: () => firstFaultUs,
  };
  return whyStopped(run, { lever, untilMs });
}

const allOk = (): Outcome => 'ok';
const silentFrom =
  (site: string, second: number) =>
  (timetable: Timetable, at: number): Outcome =>
    timetable.service === '' && timetable.site === site && at >= second ? 'info' : 'ok';

test('nothing stops a run in which only what was struck is silent', () => {
  expect(whyAt60('{ otherSite: 5s, downtime: 1s }', allOk)).toBeNull();
  expect(whyAt60('{ otherSite: 5s }', silentFrom('paris', 21))).toBeNull();
});

test('a second site that answers nothing any more stops it, from the first fault on', () => {
  expect(whyAt60('{ otherSite: 5s }', silentFrom('london', 40))?.observed).toBe(
    'no fault strikes london, and cql had no answer there for 20 s',
  );
  expect(whyAt60('{ otherSite: 30s }', silentFrom('london', 40))).toBeNull();
  expect(whyAt60('{ otherSite: 5s }', silentFrom('london', 40), { firstFaultUs: null })).toBeNull();
});

test('what was told to end is not silent', () => {
  const plan = resolvePlan({ ...REGISTRIES, loaded: loaded(GOOD), platform: PLATFORM });
  const [one] = new LiveRecord(plan).timetables;
  one?.start(0);
  expect(one?.silentUs(40 * SECOND)).toBe(40 * SECOND);
  one?.stop(20 * SECOND);
  expect(one?.silentUs(40 * SECOND)).toBe(0);
  const rules = { downAfter: 3, floor: 0.95, windowOperations: 100 };
  expect(one?.downUs(0, 40 * SECOND, rules)).toBeLessThanOrEqual(20 * SECOND);
});

test('a service that is below its level for too long in all stops it; what was before the fault does not count', () => {
  const down =
    (from: number, to: number) =>
    ({ service }: Timetable, second: number): Outcome =>
      service === 'ledger' && second >= from && second < to ? 'fail' : 'ok';
  expect(whyAt60('{ downtime: 10s }', down(30, 42))?.observed).toBe('ledger was below its level for 12 s in all');
  expect(whyAt60('{ downtime: 15s }', down(30, 42))).toBeNull();
  expect(whyAt60('{ downtime: 10s }', down(2, 18))).toBeNull();
});

test('the end of the window in which it is allowed stops it', () => {
  expect(whyAt60('{}', allOk, { untilMs: Date.now() - 1 })?.condition).toBe('window');
  expect(whyAt60('{}', allOk, { untilMs: Date.now() + 60_000 })).toBeNull();
});

test('the lever stops it before any fault, with its reason, until it is released', () => {
  pullLever(lever, ' payments are slow ');
  expect(whyAt60('{}', allOk, { firstFaultUs: null })).toEqual({ condition: 'lever', observed: 'payments are slow' });
  expect(releaseLever(lever)).toBe(true);
  expect(whyAt60('{}', allOk)).toBeNull();
  expect(releaseLever(lever)).toBe(false);
});

test('a lever without a reason, or one that cannot be read, is pulled all the same', () => {
  writeFileSync(lever, '');
  expect(pulledLever(lever)).toBe('no reason was given');
  rmSync(lever);
  expect(pulledLever(directory)).toContain('cannot be read');
  expect(pulledLever(join(directory, 'none', 'stop'))).toContain('cannot be read');
  expect(() => pullLever(join(directory, 'none', 'stop'), 'x')).toThrow('the lever cannot be pulled');
});
