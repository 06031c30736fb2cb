import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../errors.ts';

const ASKER = fileURLToPath(new URL('./asker-main.ts', import.meta.url));
/** For a process to start, on a machine that is busy. */
const START_MS = 5_000;
/** A process that is asked nothing for so long ends. */
const IDLE_MS = 10_000;

/** A question for a name server, answered within `ms` by an address or by the code of why there is none. */
export interface NameQuestion {
  readonly name: string;
  readonly server: string;
  readonly ms: number;
}

/** Asks name servers from another place, by a process there: `place` are the words that put it there. It starts when it is needed, and again when it died. */
export class Asker {
  private readonly place: readonly string[];
  private readonly waiting = new Map<number, (answer: string) => void>();
  private child: ChildProcess | null = null;
  private idle: NodeJS.Timeout | undefined;
  private next = 0;

  constructor(place: readonly string[]) {
    this.place = place;
  }

  /** A PlatformError when its process says nothing in time. */
  async ask(question: NameQuestion): Promise<string> {
    const child = this.running();
    const id = this.next++;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.waiting.set(id, resolve);
    const late = (): void => reject(new PlatformError(`nobody could ask for ${question.name}`));
    const timer = setTimeout(late, question.ms + START_MS);
    (child.stdin as Writable).write(`${JSON.stringify({ id, ...question })}\n`);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.waiting.delete(id);
    }
  }

  private running(): ChildProcess {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.end(), IDLE_MS);
    if (this.child) return this.child;
    const [file = process.execPath, ...args] = [...this.place, process.execPath, ASKER];
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.child = child;
    const gone = (): void => {
      if (this.child === child) this.child = null;
    };
    child.once('error', gone);
    child.once('exit', gone);
    (child.stdin as Writable).on('error', gone);
    createInterface({ input: child.stdout as Readable }).on('line', (line) => {
      const { id, answer } = JSON.parse(line) as { id: number; answer: string };
      this.waiting.get(id)?.(answer);
    });
    return child;
  }

  /** Ends its process, if there is one. */
  end(): void {
    clearTimeout(this.idle);
    (this.child?.stdin as Writable | undefined)?.end();
    this.child = null;
  }
}
