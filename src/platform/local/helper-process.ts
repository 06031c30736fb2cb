import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

interface Running<Answer> {
  readonly child: ChildProcess;
  readonly waiting: Map<number, (answer: Answer | null) => void>;
}

/**
 * A process elsewhere, such as inside a site, that is asked questions: lines of JSON, several at once, each answered by its number
 * (`serveQuestions`). It starts when it is needed, and again when it died. It ends with its standard input.
 */
export class HelperProcess<Question, Answer> {
  private readonly command: readonly string[];
  private readonly idleMs: number | null;
  private running: Running<Answer> | null = null;
  private idle: NodeJS.Timeout | undefined;
  private next = 0;

  /** `idleMs`: one that is asked nothing for so long ends; null: it stays. */
  constructor(command: readonly string[], idleMs: number | null) {
    this.command = command;
    this.idleMs = idleMs;
  }

  /** Its answer; null when it dies, or says nothing within so long, its own start included: then it is ended, and another takes its place. */
  ask(question: Question, withinMs: number): Promise<Answer | null> {
    clearTimeout(this.idle);
    if (this.idleMs !== null) this.idle = setTimeout(() => this.end(), this.idleMs);
    const running = this.running ?? this.start();
    const { child, waiting } = running;
    const id = this.next++;
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        child.kill('SIGKILL');
        this.gone(running);
      }, withinMs);
      waiting.set(id, (answer) => {
        clearTimeout(late);
        waiting.delete(id);
        resolve(answer);
      });
      (child.stdin as Writable).write(`${JSON.stringify({ id, question })}\n`);
    });
  }

  private start(): Running<Answer> {
    const [file = '', ...args] = this.command;
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const running: Running<Answer> = { child, waiting: new Map() };
    this.running = running;
    const gone = (): void => this.gone(running);
    child.once('error', gone);
    child.once('exit', gone);
    (child.stdin as Writable).on('error', gone);
    createInterface({ input: child.stdout as Readable }).on('line', (line) => {
      const { id, answer } = JSON.parse(line) as { id: number; answer: Answer };
      running.waiting.get(id)?.(answer);
    });
    return running;
  }

  private gone(running: Running<Answer>): void {
    if (this.running === running) this.running = null;
    for (const answer of [...running.waiting.values()]) answer(null);
  }

  /** Ends the process, if there is one, once it has answered what it was asked. */
  end(): void {
    clearTimeout(this.idle);
    (this.running?.child.stdin as Writable | undefined)?.end();
    this.running = null;
  }
}

/** What such a process does: answers every question of its standard input, as soon as it can. */
export function serveQuestions<Question, Answer>(answer: (question: Question) => Promise<Answer>): void {
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const { id, question } = JSON.parse(line) as { id: number; question: Question };
    process.stdout.write(`${JSON.stringify({ id, answer: await answer(question) })}\n`);
  });
}
