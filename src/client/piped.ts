import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { PlatformError } from '../errors.ts';
import { startBeforeOthers } from './precedence.ts';

/** How long a process that was told to end may take before it is killed. */
const END_MS = 15_000;

export interface PipedOptions {
  /** The command, with the words before it that put it where its clients are. */
  readonly words: readonly string[];
  /** For people. */
  readonly name: string;
  /** In the place of this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Gets each line of file descriptor 3. */
  readonly onLine: (line: string) => void;
  /** Gets whole lines of the file descriptor `rowsAt`. */
  readonly onRows?: (rows: string) => void;
  /** It times operations: it is to run before others. */
  readonly measures?: boolean;
  /** Standard output, or 4 for a process that says other things there. */
  readonly rowsAt?: 1 | 4;
}

/** Pipes to a process that was put where its clients are: orders on its standard input as JSON lines. */
export class Piped {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  private readonly name: string;
  private tail = '';
  private stopped = false;

  constructor({ words, name, env, onLine, onRows, measures = false, rowsAt = 1 }: PipedOptions) {
    const [file = process.execPath, ...args] = words;
    this.name = name;
    // In a group of its own: a terminal's Ctrl-C, or `timeout`, would end the words of `place` in front of it, and it with them.
    const stdio = ['pipe', 'pipe', 'pipe', 'pipe', ...(rowsAt > 3 ? (['pipe'] as const) : [])] as const;
    const start = (): ChildProcess => spawn(file, args, { stdio: [...stdio], detached: true, ...(env && { env }) });
    this.child = measures ? startBeforeOthers(start) : start();
    const rows = this.child.stdio[rowsAt] as Readable;
    rows.setEncoding('utf8');
    let part = '';
    rows.on('data', (chunk: string) => {
      const end = chunk.lastIndexOf('\n') + 1;
      if (end === 0) {
        part += chunk;
        return;
      }
      onRows?.(part + chunk.slice(0, end));
      part = chunk.slice(end);
    });
    const said = [this.child.stderr, ...(rowsAt === 1 ? [] : [this.child.stdout])] as Readable[];
    for (const stream of said) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        this.tail = (this.tail + chunk).slice(-4_000);
      });
    }
    createInterface({ input: this.child.stdio[3] as Readable }).on('line', onLine);
    // A client that died says so by its exit; a broken pipe to it says nothing more.
    (this.child.stdin as Writable).on('error', () => {});
    this.exited = new Promise((resolve) => {
      this.child.once('error', () => resolve());
      this.child.once('close', () => resolve());
    });
  }

  send(message: unknown): void {
    (this.child.stdin as Writable).write(`${JSON.stringify(message)}\n`);
  }

  /** Why it ended, for a person. */
  death(): PlatformError {
    const last = this.tail.trim().split('\n').slice(-4).join(' | ');
    const how = this.child.signalCode ?? `exit code ${this.child.exitCode}`;
    return new PlatformError(`${this.name} ended by itself (${how})${last ? `: ${last}` : ''}`);
  }

  get log(): string {
    return this.tail;
  }

  get wasStopped(): boolean {
    return this.stopped;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    (this.child.stdin as Writable).end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_MS);
    await this.exited;
    clearTimeout(timer);
  }
}
