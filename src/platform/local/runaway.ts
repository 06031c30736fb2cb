import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../errors.ts';
import type { QueryWork, RunawayState } from '../lasting.ts';
import type { Endpoint } from '../platform.ts';
import { GREMLIN_WORKERS } from './janusgraph.ts';

const MAIN = fileURLToPath(new URL('./runaway-main.ts', import.meta.url));
/** Longer than the server's own time-out: whatever it evaluates is over by then. */
const OVER_MS = 60_000;
const LOOK_MS = 100;

/** What the process that sends them tells, over and over. */
export type RunawayReport = Pick<RunawayState, 'evaluating' | 'timedOut' | 'failed' | 'lastFailure'>;

interface Entry {
  readonly at: RunawayTarget;
  /** Sends them, or only asks the server whether it evaluates any. */
  sender: Sender;
  said: RunawayReport;
  ending: Promise<void> | null;
}

interface Sender {
  readonly child: ChildProcess;
  /** Its exit code; null: a signal ended it, or it could not be started. */
  readonly exited: Promise<number | null>;
}

export interface RunawayTarget extends Endpoint {
  readonly site: string;
  /** Whether the server's process lives: one that is gone evaluates nothing. */
  readonly lives: () => boolean;
}

const NOTHING: RunawayReport = { evaluating: 0, timedOut: 0, failed: 0, lastFailure: '' };

/** Queries that never end by themselves, each lot sent by a process of its own inside the site: no fault of the network is in its way. */
export class RunawayQueries {
  private readonly entries = new Map<string, Entry>();
  private readonly inside: (site: string) => readonly string[];

  /** `inside`: the words that, put before a command, run it inside a site. */
  constructor(inside: (site: string) => readonly string[]) {
    this.inside = inside;
  }

  begin(id: string, at: RunawayTarget, parallel: number, work: QueryWork): void {
    if (this.entries.has(id)) throw new PlatformError(`${id} is in force already`);
    const sender = this.send(at, parallel, work, (said) => {
      entry.said = said;
    });
    const entry: Entry = { at, sender, said: NOTHING, ending: null };
    this.entries.set(id, entry);
    void sender.exited.then(() => {
      entry.said = { ...entry.said, evaluating: 0 };
    });
  }

  /**
   * Ends them and resolves when the server says that it evaluates none any more. A PlatformError when it does not say so in time: they are in force
   * until this was tried again. None of this id: nothing to do.
   */
  end(id: string): Promise<void> {
    const entry = this.entries.get(id);
    if (!entry) return Promise.resolve();
    entry.ending ??= this.endNow(id, entry).finally(() => {
      entry.ending = null;
    });
    return entry.ending;
  }

  list(): readonly RunawayState[] {
    return [...this.entries].map(([id, { at, said, ending }]) => {
      return { id, site: at.site, workers: GREMLIN_WORKERS, ...said, ending: ending !== null };
    });
  }

  private async endNow(id: string, entry: Entry): Promise<void> {
    const limit = AbortSignal.timeout(OVER_MS);
    // One that has died said nothing of the server: another asks in its place.
    if (hasExited(entry.sender.child)) entry.sender = this.send(entry.at, 0, 'waits', () => {});
    const { child, exited } = entry.sender;
    child.stdin?.end();
    let code: number | null | undefined;
    void exited.then((end) => {
      code = end;
    });
    while (code === undefined && entry.at.lives() && !limit.aborted) await sleep(LOOK_MS);
    child.kill('SIGKILL');
    await exited;
    if (code !== 0 && entry.at.lives())
      throw new PlatformError(`${id}: JanusGraph of ${entry.at.site} does not say that it evaluates none of them`);
    this.entries.delete(id);
  }

  private send(at: RunawayTarget, parallel: number, work: QueryWork, heard: (said: RunawayReport) => void): Sender {
    const command = [...this.inside(at.site), process.execPath, MAIN, at.host, String(at.port), String(parallel), work];
    const [file = '', ...args] = command;
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => {});
    createInterface({ input: child.stdout }).on('line', (line) => heard(JSON.parse(line) as RunawayReport));
    const exited = new Promise<number | null>((resolve) => {
      child.once('error', () => resolve(null));
      child.once('exit', (code) => resolve(code));
    });
    return { child, exited };
  }
}

function hasExited({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}
