import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { logDirectory } from './places.ts';

const AGAIN_MS = 1_000;

/** Keeps a program running, as a machine's service manager would: when it ends, it starts again. What it says goes to a log of its name. */
export function keepRunning(name: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  mkdirSync(logDirectory(), { recursive: true });
  const log = openSync(join(logDirectory(), `${name}.log`), 'a', 0o600);
  const [file, ...args] = argv as [string, ...string[]];
  const child = spawn(file, args, { stdio: ['ignore', log, log], env: { ...process.env, ...env } });
  closeSync(log);
  const again = (why: unknown): void => {
    process.stderr.write(`${name} ended: ${why}\n`);
    setTimeout(() => keepRunning(name, argv, env), AGAIN_MS);
  };
  child.once('error', again);
  child.once('exit', (code, signal) => again(signal ?? code));
}
