import { afterAll, beforeAll, expect, test } from 'vitest';
import { CASES } from '../../src/torture/cases.ts';
import { platformDeath } from '../../src/torture/platform-death.ts';
import { ablest } from '../../src/torture/platforms.ts';
import { FAULT_NAMES, possible } from '../../src/torture/scenarios.ts';
import { killTrial, randomFrom } from '../../src/torture/trials.ts';
import { startTestPlatform, type TestPlatform } from './support/local-platform.ts';

/** `npm run torture`, in short: harnesses that die while a fault is in force, on the real platform. */
let up: TestPlatform;
const signal = new AbortController().signal;
/** Another instant each time; what was wrong names it. */
const random = randomFrom(Date.now());

beforeAll(async () => {
  up = await startTestPlatform(ablest());
});

afterAll(() => up?.[Symbol.asyncDispose]());

/** These each time, and two of all others by lot: `npm run torture` does every one. */
const ALWAYS = ['partition', 'pause', 'site-loss', 'crash-loop'];
const others = FAULT_NAMES.filter((name) => !ALWAYS.includes(name));
const byLot = [0, 1].flatMap(() => others.splice(Math.floor(random() * others.length), 1));

test.for([...ALWAYS, ...byLot])(
  'a harness that is killed at a random instant of %s leaves nothing but its record',
  async (fault, { skip }) => {
    if (possible([fault], up.platform.facts()).length === 0)
      skip(`this machine cannot do ${fault}: ${JSON.stringify(up.platform.facts().lacking)}`);
    const place = { directory: up.directory, number: 0, random, faults: [fault] };
    const { wrong, note, skipped } = await killTrial(up.platform, place, signal);
    if (skipped) skip(note);
    expect(wrong, note).toEqual([]);
  },
);

test.for(Object.entries(CASES))('a run that is broken off by %s heals and says so', async ([, trial], { skip }) => {
  const { wrong, note, skipped } = await trial(up.platform, up.directory, signal);
  if (skipped) skip(note);
  expect(wrong, note).toEqual([]);
});

// The last one: there is no platform any more.
test('a run whose platform dies ends, as one that shows nothing, and keeps its record', async () => {
  const { wrong, note } = await platformDeath(up.directory, signal);
  expect(wrong, note).toEqual([]);
});
