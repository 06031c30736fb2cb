import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { syncDirectory } from '../durable-file.ts';
import { InputError, messageOf } from '../errors.ts';
import { sha256Hex } from '../history/chain.ts';
import { declare } from '../history/intent.ts';
import type { Plan } from '../scenario/plan.ts';
import { registerRun } from './run-register.ts';

/** Where a run leaves its record. Every file is complete, or says what is missing. */
export interface RunDirectory {
  /** `<UTC>-<id>`, unique: part of every key that the run writes. */
  readonly run: string;
  readonly path: string;
  /** SHA-256 of the bytes of `intent.json`: what the journal's chain begins with. */
  readonly intentSha256: string;
}

/**
 * Creates `<reports>/<scenario>/<UTC>-<id>/` with `intent.json`, `scenario.yaml` and `plan.json`, on disk before it returns.
 * `register`: of the runs that were begun; null: this one takes no counter. An InputError when the place cannot be written.
 */
export function createRunDirectory(
  reports: string,
  plan: Plan,
  scenarioBytes: Uint8Array,
  harness: string,
  register: string | null = null,
  now: Date = new Date(),
): RunDirectory {
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const run = `${stamp}-${randomBytes(3).toString('hex')}`;
  const path = join(reports, plan.scenario.name, run);
  const said = { run, wall: now.toISOString(), harness };
  const { plan: planBytes } = declare(plan, said);
  let intent: string;
  try {
    mkdirSync(path, { recursive: true });
    intent =
      register === null
        ? declare(plan, said).intent
        : registerRun(register, run, path, (sequence) => declare(plan, { ...said, sequence }).intent);
    writeFileSync(join(path, 'intent.json'), intent, { flag: 'wx', flush: true });
    writeFileSync(join(path, 'scenario.yaml'), scenarioBytes, { flag: 'wx', flush: true });
    writeFileSync(join(path, 'plan.json'), planBytes, { flag: 'wx', flush: true });
    syncDirectory(path);
  } catch (error) {
    throw new InputError(`cannot write the run directory ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: 'choose another place with --reports DIR',
    });
  }
  return { run, path, intentSha256: sha256Hex(intent) };
}
