import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import { InputError, messageOf } from '../errors.ts';
import type { Plan } from '../scenario/plan.ts';

/** Where a run leaves its record. Every file is complete, or says what is missing. */
export interface RunDirectory {
  /** `<UTC>-<id>`, unique: part of every key that the run writes. */
  readonly run: string;
  readonly path: string;
  /** SHA-256 of the bytes of `intent.json`: what the journal's chain begins with. */
  readonly intentSha256: string;
}

/** `intent.json`: registered before anything else happens, so that a run that was aborted stays visible. */
interface Intent {
  readonly schema: 'drill/intent/1';
  readonly run: string;
  readonly scenario: string;
  readonly scenarioSha256: string;
  /** SHA-256 of the canonical JSON of what is judged and how: objectives and settings. */
  readonly criteriaSha256: string;
  readonly planSha256: string;
  readonly wall: string;
  readonly harness: string;
}

/**
 * Creates `<reports>/<scenario>/<UTC>-<id>/` with `intent.json`, `scenario.yaml` and `plan.json`, on disk before it returns.
 * An InputError when the place cannot be written.
 */
export function createRunDirectory(
  reports: string,
  plan: Plan,
  scenarioBytes: Uint8Array,
  harness: string,
  now: Date = new Date(),
): RunDirectory {
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const run = `${stamp}-${randomBytes(3).toString('hex')}`;
  const path = join(reports, plan.scenario.name, run);
  const planBytes = `${JSON.stringify(plan, null, 2)}\n`;
  const intent: Intent = {
    schema: 'drill/intent/1',
    run,
    scenario: plan.scenario.name,
    scenarioSha256: plan.scenario.sha256,
    criteriaSha256: sha256(canonicalize({ objectives: plan.objectives, settings: plan.settings }) as string),
    planSha256: sha256(planBytes),
    wall: now.toISOString(),
    harness,
  };
  const intentBytes = `${JSON.stringify(intent, null, 2)}\n`;
  try {
    mkdirSync(path, { recursive: true });
    writeDurably(join(path, 'intent.json'), intentBytes);
    writeDurably(join(path, 'scenario.yaml'), scenarioBytes);
    writeDurably(join(path, 'plan.json'), planBytes);
    syncDirectory(path);
  } catch (error) {
    throw new InputError(`cannot write the run directory ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: 'choose another place with --reports DIR',
    });
  }
  return { run, path, intentSha256: sha256(intentBytes) };
}

function writeDurably(path: string, bytes: string | Uint8Array): void {
  const file = openSync(path, 'wx');
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
