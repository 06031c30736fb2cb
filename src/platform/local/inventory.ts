import type { Component, ProcessTarget } from '../platform.ts';
import type { ManagedComponent } from './components.ts';

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
    return [...this.ofTarget('janusgraph', target), ...this.ofTarget('cassandra', target)];
  }

  ofTarget(component: Component, { site, components, node }: ProcessTarget): readonly ManagedComponent[] {
    return this.of(component, site).filter(
      (one) => components.includes(component) && (node === undefined || one.node === node),
    );
  }
}
