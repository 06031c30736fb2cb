import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Platform } from '../platform/platform.ts';
import { pause } from '../run/wait.ts';
import { recovered, whole, wrongWith } from './aftermath.ts';
import { Harness } from './harness.ts';
import { FAULT_NAMES, writeScenario } from './scenarios.ts';

/** From the start of a harness to its first fault, on a busy machine. */
const BEGIN_MS = 180_000;
const WHOLE_MS = 180_000;
/** From the record of the undo on: announcement, effect, what is held, release, proof of its being gone. */
const LIFE_MS = 25_000;
/** Around the effect, where there is most to get wrong. */
const EARLY_MS = 2_500;

export interface Trial {
  readonly what: string;
  /** What must not be, in words; none: it was right. */
  readonly wrong: readonly string[];
  /** From the kill to a platform that is whole. */
  readonly healedMs: number;
  readonly note: string;
  /** This system cannot have it; `note` says why. */
  readonly skipped?: true;
}

/** Numbers from 0 to 1 that follow from the seed alone (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Kills a harness at a random instant between the record of its fault's undo and its end, and looks what is left: once the platform's dead-man has
 * had its time in every other trial, once `recover` has been at work in the rest.
 */
export async function killTrial(
  platform: Platform,
  place: {
    readonly directory: string;
    readonly number: number;
    readonly random: () => number;
    readonly faults?: readonly string[];
  },
  signal: AbortSignal,
): Promise<Trial> {
  const { number, random, faults = FAULT_NAMES } = place;
  const fault = faults[number % faults.length] as string;
  const healer = random() < 0.5 ? 'dead-man' : 'recover';
  const delayMs = (random() < 0.5 ? EARLY_MS : LIFE_MS) * random();
  const reports = mkdtempSync(join(place.directory, `${fault}-`));
  const harness = new Harness(writeScenario(place.directory, fault), reports);
  const begun = await harness.said('undo-recorded', AbortSignal.any([signal, AbortSignal.timeout(BEGIN_MS)]));
  if (!begun)
    return {
      what: fault,
      wrong: [`it did not get to its fault: ${harness.output.slice(-500)}`],
      healedMs: 0,
      note: '',
    };
  await pause(delayMs, signal);
  if (harness.hasEnded) {
    const note = `it had ended by itself ${(delayMs / 1000).toFixed(2)} s after its undo was recorded: nobody was killed`;
    return { what: fault, wrong: [], healedMs: 0, note, skipped: true };
  }
  const killedAt = Date.now();
  harness.kill('SIGKILL');
  await harness.exit(AbortSignal.timeout(10_000));
  const wrong: string[] = [];
  if (healer === 'recover') wrong.push(...(await recovered(platform, AbortSignal.timeout(WHOLE_MS))));
  const { left } = await whole(platform, AbortSignal.any([signal, AbortSignal.timeout(WHOLE_MS)]));
  const healedMs = Date.now() - killedAt;
  wrong.push(...left);
  // Processes that lost their harness go at once; the kernel takes its time.
  await goneBy(harness, AbortSignal.timeout(10_000));
  wrong.push(...(await wrongWith(harness, killedAt)));
  await (await platform.lock('torture', AbortSignal.timeout(10_000)))[Symbol.asyncDispose]();
  if (wrong.length === 0) rmSync(reports, { recursive: true, force: true });
  const note = `killed ${(delayMs / 1000).toFixed(2)} s after its undo was recorded; ${healer}: whole after ${(healedMs / 1000).toFixed(1)} s`;
  return { what: fault, wrong, healedMs, note };
}

/** Waits until none of its processes is left, or the signal. */
export async function goneBy(harness: Harness, signal: AbortSignal): Promise<void> {
  while (harness.processes().length > 0 && !signal.aborted) await pause(50, signal).catch(() => {});
}
