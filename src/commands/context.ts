import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InputError } from '../errors.ts';

export const SCENARIOS = fileURLToPath(new URL('../../scenarios', import.meta.url));
export const DRILLS = fileURLToPath(new URL('../../drills', import.meta.url));
export const SCHEMAS = fileURLToPath(new URL('../../schema', import.meta.url));
export const REPORTS = 'reports';

/** A line for people, on standard output. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

export function columns(): number {
  return Math.min(100, process.stdout.columns ?? 100);
}

/** Colour where a terminal shows it and nobody said no (https://no-color.org). */
export function colour(): boolean {
  return process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
}

/** An InputError unless it is a directory. */
export function requireDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new InputError(`${path}: expected the directory of a run or an exercise`, {
    hint: 'Give the directory of a run, such as reports/<scenario>/<time>-<id>.',
  });
}
