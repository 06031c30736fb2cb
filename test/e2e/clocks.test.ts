import { afterAll, beforeAll, expect, type TestContext, test, vi } from 'vitest';
import { findClockLibrary } from '../../src/platform/local/clock-library.ts';
import { loadLocalConfig } from '../../src/platform/local/config.ts';
import type { Platform } from '../../src/platform/platform.ts';
import type { Undo } from '../../src/platform/undo.ts';
import { killTrial, randomFrom } from '../../src/torture/trials.ts';
import { startTestPlatform, type TestPlatform } from './support/local-platform.ts';

/** Clocks of one site that are set, on the real platform. */
const FILE = new URL('../../clusters/local/skewed-clocks.yaml', import.meta.url).pathname;
const WITHIN = { timeout: 20_000, interval: 200 };
const HAS_LIBRARY = findClockLibrary() !== null;
const undo: readonly Undo[] = [{ kind: 'clock', params: { id: 'skew' } }];

let up: TestPlatform | undefined;
let platform: Platform;
const within = (): AbortSignal => AbortSignal.timeout(30_000);
const needsLibrary = ({ skip }: TestContext): void =>
  HAS_LIBRARY ? undefined : skip('libfaketime is not installed, so no clock can be set: npm run doctor has the line');

beforeAll(async () => {
  if (!HAS_LIBRARY) return;
  up = await startTestPlatform(loadLocalConfig(FILE));
  platform = up.platform;
});

afterAll(() => up?.[Symbol.asyncDispose]());

/** How far each clock of a site is ahead, in whole seconds; null: it says nothing. */
async function ahead(site: string): Promise<readonly (number | null)[]> {
  const states = (await platform.abilities.clocks?.observe(site, within())) ?? [];
  return states.map(({ aheadMs }) => aheadMs && (Math.round((aheadMs.lower + aheadMs.upper) / 2000) || 0));
}

test('without an undo in the register no clock is set', async (context) => {
  needsLibrary(context);
  await expect(platform.abilities.clocks?.set('skew', 'paris', 60_000, within())).rejects.toThrow(
    'no fault in the register',
  );
  expect(await ahead('paris')).toEqual([0, 0]);
});

test('the clocks of one site are set, as its databases themselves show, and set right again by the undo', async (context) => {
  needsLibrary(context);
  await platform.register.record({ fault: 'skew', run: 'r', undo }, 120_000, within());
  await platform.abilities.clocks?.set('skew', 'paris', 60_000, within());
  await vi.waitUntil(async () => String(await ahead('paris')) === '60,60', WITHIN);
  expect(await ahead('london')).toEqual([0, 0]);
  expect(await platform.abilities.clocks?.inForce(within())).toEqual(['skew']);
  expect((await platform.register.undo('skew', within())).map(({ ok }) => ok)).toEqual([true]);
  expect(await platform.abilities.clocks?.inForce(within())).toEqual([]);
  await vi.waitUntil(async () => String(await ahead('paris')) === '0,0', WITHIN);
});

test('a clock that nobody holds behind any more is set right by the dead-man', async (context) => {
  needsLibrary(context);
  await platform.register.record({ fault: 'skew', run: 'r', undo }, 6_000, within());
  await platform.abilities.clocks?.set('skew', 'paris', -3_600_000, within());
  await vi.waitUntil(async () => String(await ahead('paris')) === '-3600,-3600', WITHIN);
  await vi.waitUntil(async () => String(await ahead('paris')) === '0,0', WITHIN);
  expect(await platform.register.list(within())).toEqual([]);
});

test('a harness that is killed while the clocks are set leaves nothing but its record', async (context) => {
  needsLibrary(context);
  const random = randomFrom(Date.now());
  const place = { directory: up?.directory ?? '', number: 0, random, faults: ['clock-skew'] };
  const { wrong, note, skipped } = await killTrial(platform, place, new AbortController().signal);
  if (skipped) context.skip(note);
  expect(wrong, note).toEqual([]);
});
