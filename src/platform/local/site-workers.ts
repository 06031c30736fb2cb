import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PlatformError } from '../../errors.ts';

interface Worker<Orders, Report> {
  readonly site: string;
  readonly orders: Orders;
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  lives: boolean;
  /** What it said last; null: nothing yet. */
  said: Report | null;
}

/** A worker at a site, by the id of the fault that began it. */
export interface WorkerState<Orders, Report>
  extends Pick<Worker<Orders, Report>, 'site' | 'orders' | 'lives' | 'said'> {
  readonly id: string;
}

/**
 * Processes that go on doing something inside sites, where no fault of the network is in their way: each is told what by one line of JSON on its standard input, tells what
 * became of it as such lines on its standard output, and ends with that input, so that it does not outlive who began it.
 */
export class SiteWorkers<Orders, Report> {
  private readonly workers = new Map<string, Worker<Orders, Report>[]>();
  private readonly main: string;
  private readonly inside: (site: string) => readonly string[];

  /** `main`: the program; `inside`: the words that, put before a command, run it inside a site. */
  constructor(main: string, inside: (site: string) => readonly string[]) {
    this.main = main;
    this.inside = inside;
  }

  begin(id: string, sites: readonly { readonly site: string; readonly orders: Orders }[]): void {
    if (this.workers.has(id)) throw new PlatformError(`${id} is in force already`);
    const workers: Worker<Orders, Report>[] = [];
    // Before the first of them: one that cannot be started must not leave the others to nobody.
    this.workers.set(id, workers);
    for (const { site, orders } of sites) workers.push(this.start(site, orders));
  }

  /** Resolves when none of its processes is there. None of this id: nothing to do. */
  async end(id: string): Promise<void> {
    const workers = this.workers.get(id) ?? [];
    for (const { child } of workers) child.kill('SIGKILL');
    await Promise.all(workers.map(({ exited }) => exited));
    this.workers.delete(id);
  }

  list(): readonly WorkerState<Orders, Report>[] {
    return [...this.workers].flatMap(([id, workers]) =>
      workers.map(({ site, orders, lives, said }) => ({ id, site, orders, lives, said })),
    );
  }

  inForce(): readonly string[] {
    return [...this.workers.keys()];
  }

  private start(site: string, orders: Orders): Worker<Orders, Report> {
    const [file = '', ...args] = [...this.inside(site), process.execPath, this.main];
    const child: ChildProcess = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const exited = new Promise<void>((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', () => resolve());
    });
    const worker: Worker<Orders, Report> = { site, orders, child, exited, lives: true, said: null };
    void exited.then(() => {
      worker.lives = false;
    });
    // Without descriptors left there are no pipes, and an error follows.
    child.stdin?.on('error', () => {});
    child.stdin?.write(`${JSON.stringify(orders)}\n`);
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (line) => {
        worker.said = JSON.parse(line) as Report;
      });
    return worker;
  }
}

/** What such a process does: `begin` with its orders, and tell `report()` several times a second. */
export function workInSite<Orders, Report>(begin: (orders: Orders) => void, report: () => Report): void {
  process.on('SIGINT', () => {});
  const lines = createInterface({ input: process.stdin });
  lines.once('line', (line) => begin(JSON.parse(line) as Orders));
  lines.once('close', () => process.exit(0));
  setInterval(() => process.stdout.write(`${JSON.stringify(report())}\n`), REPORT_MS);
}

const REPORT_MS = 250;
