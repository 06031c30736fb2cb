import type { EventData } from '../history/event.ts';
import type { Plan } from '../scenario/plan.ts';

interface Circuit {
  failures: number;
  /** Null: closed. */
  openUntilUs: number | null;
  trials: number;
}

/** Where an operation goes. `trial`: first there, as a half-open call; if that fails it is tried again at `site`. */
export interface Route {
  readonly site: string;
  readonly trial: string | null;
}

type Move = EventData['failover'];

/**
 * A client's failover: an ordered list of sites, each behind a circuit breaker. `after` consecutive failures open a site's circuit and move
 * the traffic to the next one; after `retry_us` a single operation tries it again. Who moves the traffic back is the plan's to say. (cockatiel's breaker
 * holds every call back while a trial runs; a client that does not would be measured wrongly.)
 */
export class ServicePolicy {
  private readonly service: string;
  private readonly sites: readonly string[];
  private readonly settings: Plan['failover'];
  private readonly circuits: Map<string, Circuit>;
  private readonly onMove: (kind: 'failover' | 'failback', move: Move) => void;
  private current: string;

  constructor(
    service: string,
    sites: readonly string[],
    settings: Plan['failover'],
    onMove: (kind: 'failover' | 'failback', move: Move) => void,
  ) {
    this.service = service;
    this.sites = sites;
    this.settings = settings;
    this.onMove = onMove;
    this.current = sites[0] as string;
    this.circuits = new Map(sites.map((site) => [site, { failures: 0, openUntilUs: null, trials: 0 }]));
  }

  get site(): string {
    return this.current;
  }

  /** Where an operation goes that is invoked now; null when every circuit is open. Only a write makes a trial: a read may ask for what is not there. */
  route(nowUs: number, mayTry: boolean): Route | null {
    if (this.isOpen(this.current)) {
      const next = this.sites.find((site) => !this.isOpen(site));
      if (next !== undefined) this.move('failover', next, nowUs, 'its circuit is open');
    }
    const trial = mayTry ? this.takeTrial(nowUs) : null;
    if (!this.isOpen(this.current)) return { site: this.current, trial };
    // Nothing is closed: the trial is all there is.
    return trial === null ? null : { site: trial, trial };
  }

  /** How an attempt ended; `answered`: the site did its part, whatever the answer was. */
  report(site: string, answered: boolean, trial: boolean, nowUs: number, error: string): void {
    const circuit = this.of(site);
    if (trial) circuit.trials -= 1;
    if (answered) {
      circuit.failures = 0;
      if (!trial || circuit.openUntilUs === null) return;
      circuit.openUntilUs = null;
      const better = this.sites.indexOf(site) < this.sites.indexOf(this.current);
      if (this.settings.failback === 'automatic' && better) this.move('failback', site, nowUs, 'a trial succeeded');
      return;
    }
    circuit.failures += 1;
    if (circuit.openUntilUs === null) {
      if (circuit.failures >= this.settings.after) this.open(site, nowUs, error);
    } else if (trial) {
      circuit.openUntilUs = nowUs + this.settings.retry_us;
    }
  }

  /** A person moves the traffic: the site's circuit is closed. */
  moveTo(site: string, nowUs: number, reason: string): void {
    const circuit = this.of(site);
    circuit.failures = 0;
    circuit.openUntilUs = null;
    this.move('failback', site, nowUs, reason);
  }

  private open(site: string, nowUs: number, error: string): void {
    this.of(site).openUntilUs = nowUs + this.settings.retry_us;
    const next = this.sites.find((other) => !this.isOpen(other));
    if (site === this.current && next !== undefined) {
      this.move('failover', next, nowUs, `${this.settings.after} consecutive failures, the last: ${error}`);
    }
  }

  private takeTrial(nowUs: number): string | null {
    for (const site of this.sites) {
      const circuit = this.of(site);
      const due = circuit.openUntilUs !== null && circuit.openUntilUs <= nowUs;
      if (!due || circuit.trials >= this.settings.halfOpen) continue;
      circuit.trials += 1;
      return site;
    }
    return null;
  }

  private move(kind: 'failover' | 'failback', to: string, nowUs: number, reason: string): void {
    const from = this.current;
    this.current = to;
    this.onMove(kind, { service: this.service, from, to, decided_us: nowUs, reason });
  }

  private isOpen(site: string): boolean {
    return this.of(site).openUntilUs !== null;
  }

  private of(site: string): Circuit {
    return this.circuits.get(site) as Circuit;
  }
}
