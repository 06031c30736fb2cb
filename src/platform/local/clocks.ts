import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ClockState, Component } from '../platform.ts';
import { insideSite } from './inside-site.ts';
import { ASK_MS, type Bounds } from './wall-clock.ts';

const MAIN = fileURLToPath(new URL('./clock-main.ts', import.meta.url));
/** Node's own start included. */
const ANSWER_MS = ASK_MS + 4_000;

/** Whom to ask for the time. */
interface Clock {
  readonly component: Component;
  readonly node: number;
  readonly address: string;
  readonly port: number;
}

interface Witness {
  readonly child: ChildProcess;
  /** Oldest first: it answers in turn. */
  readonly waiting: ((answer: readonly (Bounds | null)[]) => void)[];
}

/** Asks the databases of a site for the time, through a process that stays inside the site: no fault between sites is in the way. */
export class SiteClocks {
  private readonly witnesses = new Map<string, Witness>();

  /** One state for each of `clocks`, in their order. */
  async observe(site: string, clocks: readonly Clock[]): Promise<readonly ClockState[]> {
    const answer = await this.ask(site, clocks);
    return clocks.map(({ component, node }, index) => ({ site, component, node, aheadMs: answer[index] ?? null }));
  }

  private ask(site: string, clocks: readonly Clock[]): Promise<readonly (Bounds | null)[]> {
    const witness = this.witnesses.get(site) ?? this.place(site);
    return new Promise((resolve) => {
      // One that does not answer is none.
      const late = setTimeout(() => witness.child.kill('SIGKILL'), ANSWER_MS);
      witness.waiting.push((answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      const asked = clocks.map(({ component, address: host, port }) => ({ component, host, port }));
      witness.child.stdin?.write(`${JSON.stringify(asked)}\n`);
    });
  }

  private place(site: string): Witness {
    const [file, ...args] = insideSite(site);
    const child = spawn(file, [...args, process.execPath, MAIN], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const witness: Witness = { child, waiting: [] };
    this.witnesses.set(site, witness);
    createInterface({ input: child.stdout }).on('line', (line) =>
      witness.waiting.shift()?.(JSON.parse(line) as (Bounds | null)[]),
    );
    child.stdin.on('error', () => {});
    const end = (): void => {
      if (this.witnesses.get(site) === witness) this.witnesses.delete(site);
      for (const resolve of witness.waiting.splice(0)) resolve([]);
    };
    child.once('error', end);
    child.once('exit', end);
    return witness;
  }
}
