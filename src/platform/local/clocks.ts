import { fileURLToPath } from 'node:url';
import type { ClockState, Component, Endpoint } from '../platform.ts';
import { HelperProcess } from './helper-process.ts';
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

/** A database that the process inside the site is to ask. */
export interface ClockQuestion extends Endpoint {
  readonly component: Component;
}

type Witness = HelperProcess<readonly ClockQuestion[], readonly (Bounds | null)[]>;

/** Asks the databases of a site for the time, through a process that stays inside the site: no fault between sites is in the way. */
export class SiteClocks {
  private readonly witnesses = new Map<string, Witness>();

  /** One state for each of `clocks`, in their order. */
  async observe(site: string, clocks: readonly Clock[]): Promise<readonly ClockState[]> {
    const place = [...insideSite(site), process.execPath, MAIN];
    const witness: Witness = this.witnesses.get(site) ?? new HelperProcess(place, null);
    this.witnesses.set(site, witness);
    const asked = clocks.map(({ component, address: host, port }) => ({ component, host, port }));
    const answer = (await witness.ask(asked, ANSWER_MS)) ?? [];
    return clocks.map(({ component, node }, index) => ({ site, component, node, aheadMs: answer[index] ?? null }));
  }
}
