import type { Component, ProcessTarget } from '../platform.ts';
import type { ManagedComponent } from './components.ts';

/** Of others in their site, in the order in which they end. */
const CLIENTS = ['api', 'consumer', 'janusgraph'] as const satisfies readonly Component[];

/** Every database process of the platform, and which of them somebody means. */
export class Inventory {
  readonly all: readonly ManagedComponent[];

  constructor(all: readonly ManagedComponent[]) {
    this.all = all;
  }

  of(component: Component, site?: string): readonly ManagedComponent[] {
    return this.all.filter((one) => one.component === component && (site === undefined || one.site === site));
  }

  /** Everything of a site. */
  at(site: string): readonly ManagedComponent[] {
    return this.all.filter((one) => one.site === site);
  }

  /** Clients first, so that none writes into a store that is going. */
  targets(target: ProcessTarget): readonly ManagedComponent[] {
    return [...CLIENTS.flatMap((component) => this.ofTarget(component, target)), ...this.others(target, CLIENTS)];
  }

  /** What of a target is none of these. */
  others(target: ProcessTarget, than: readonly Component[]): readonly ManagedComponent[] {
    return [...new Set(this.all.map(({ component }) => component))]
      .filter((component) => !than.includes(component))
      .flatMap((component) => this.ofTarget(component, target));
  }

  ofTarget(component: Component, { site, components, node }: ProcessTarget): readonly ManagedComponent[] {
    return this.of(component, site).filter(
      (one) => components.includes(component) && (node === undefined || one.node === node),
    );
  }
}
