import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { loadLocalConfig } from '../../src/platform/local/config.ts';
import { startLocalPlatform, stopLocalPlatform } from '../../src/platform/local/local-platform.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { CASES } from '../../src/torture/cases.ts';
import { killTrial, randomFrom } from '../../src/torture/trials.ts';

/** `npm run torture`, in short: harnesses that die while a fault is in force, on the real platform. */
let directory = '';
let platform: Platform;
const signal = new AbortController().signal;
/** Another instant each time; what was wrong names it. */
const random = randomFrom(Date.now());

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drill-e2e-'));
  vi.stubEnv('DRILL_STATE', join(directory, 'state'));
  vi.stubEnv('DRILL_LEVER', join(directory, 'lever'));
  const config = loadLocalConfig();
  platform = await startLocalPlatform({
    config,
    owned: false,
    signal: AbortSignal.timeout(240_000),
    onProgress: () => {},
  });
});

afterAll(async () => {
  try {
    await platform?.[Symbol.asyncDispose]();
    await stopLocalPlatform(AbortSignal.timeout(30_000));
  } finally {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true, force: true });
  }
});

test.for(['partition', 'pause', 'site-loss', 'crash-loop'])(
  'a harness that is killed at a random instant of %s leaves nothing but its record',
  async (fault, { skip }) => {
    const { wrong, note, skipped } = await killTrial(
      platform,
      { directory, number: 0, random, faults: [fault] },
      signal,
    );
    if (skipped) skip(note);
    expect(wrong, note).toEqual([]);
  },
);

test.for(Object.entries(CASES))('a run that is broken off by %s heals and says so', async ([, trial], { skip }) => {
  const { wrong, note, skipped } = await trial(platform, directory, signal);
  if (skipped) skip(note);
  expect(wrong, note).toEqual([]);
});
