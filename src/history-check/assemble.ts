import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { InputError, messageOf } from '../errors.ts';
import { chainLines, type LooseEvent } from '../history/chain-lines.ts';
import { declare } from '../history/intent.ts';
import type { Plan } from '../scenario/plan.ts';
import { planFrom } from './neutral-plan.ts';

const looseEventSchema = z.strictObject({
  at_us: z.int().min(0),
  wall: z.string(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
});

/**
 * Makes a run directory of what another tool recorded: a plan of which parts may be left out, events that stand in no chain
 * (`events.ndjson`: `at_us`, `wall`, `type`, `data`), and the CSV files as they are. The chain that it makes shows later changes; it says nothing about
 * what came before. An InputError where something is missing or wrong, or `to` exists.
 */
export function assembleRun(from: string, to: string): void {
  const plan = planFrom(readJson(join(from, 'plan.json')));
  const events = readEvents(join(from, 'events.ndjson'));
  const csv = ['history.csv', 'read-back.csv', 'restore-test.csv', 'later.csv', 'graph.csv']
    .map((name) => join(from, name))
    .filter(existsSync);
  if (!csv.some((file) => basename(file) === 'history.csv'))
    throw new InputError(`${from}: expected history.csv, there is none`);
  if (existsSync(to)) throw new InputError(`${to}: expected a new directory, it exists`);
  const started = events.find(({ type }) => type === 'run-started');
  const { run } = (started?.data ?? {}) as { run?: unknown };
  if (!started || typeof run !== 'string')
    throw new InputError(`${from}/events.ndjson: expected an event run-started that names the run, there is none`);
  const { declared, lines } = chained(plan, events, { run, wall: started.wall });
  mkdirSync(to, { recursive: true });
  for (const file of csv) copyFileSync(file, join(to, basename(file)));
  writeFileSync(join(to, 'plan.json'), declared.plan);
  writeFileSync(join(to, 'intent.json'), declared.intent);
  writeFileSync(join(to, 'journal.ndjson'), lines.join(''));
}

function chained(plan: Plan, events: readonly LooseEvent[], of: { readonly run: string; readonly wall: string }) {
  try {
    const declared = declare(plan, { ...of, harness: 'assembled afterwards' });
    return { declared, lines: chainLines(events, declared.intent) };
  } catch (error) {
    throw new InputError(`what was recorded cannot be hashed: ${messageOf(error)}`, { cause: error });
  }
}

function readEvents(path: string): LooseEvent[] {
  const lines = readText(path).split('\n');
  return lines.flatMap((line, index) => (line.trim() === '' ? [] : [eventOf(line, `${path} line ${index + 1}`)]));
}

function eventOf(line: string, at: string): LooseEvent {
  try {
    return looseEventSchema.parse(JSON.parse(line));
  } catch (error) {
    throw new InputError(
      `${at}: expected {"at_us":…,"wall":…,"type":…,"data":{…}}: ${messageOf(error).slice(0, 300)}`,
      {
        cause: error,
      },
    );
  }
}

function readJson(path: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readText(path)));
  } catch (error) {
    throw new InputError(`${path}: expected a JSON object: ${messageOf(error).slice(0, 300)}`, { cause: error });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(`${path}: expected what another tool recorded: ${messageOf(error)}`, { cause: error });
  }
}
