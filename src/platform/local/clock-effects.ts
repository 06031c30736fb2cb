import { PlatformError } from '../../errors.ts';
import type { ClockState } from '../platform.ts';
import { attemptAll } from './attempt-all.ts';
import { setClock } from './clock-file.ts';
import { SiteClocks } from './clocks.ts';
import type { LastingEffect } from './effects.ts';
import type { Inventory } from './inventory.ts';
import type { UndoGuard } from './register.ts';

/** Wall clocks that are set, those of a site all at once. */
export class ClockEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly guard: UndoGuard;
  private readonly adjustable: boolean;
  private readonly clocks = new SiteClocks();
  /** The sites whose clocks are set, by the id of their fault: this process sets them, and outlives none of them. */
  private readonly sites = new Map<string, string>();

  constructor(inventory: Inventory, guard: UndoGuard, adjustable: boolean) {
    this.inventory = inventory;
    this.guard = guard;
    this.adjustable = adjustable;
  }

  set(id: string, site: string, aheadMs: number): Promise<void> {
    return this.guard.under({ kind: 'clock', params: { id } }, () => {
      if (!this.adjustable) throw new PlatformError('its processes have the clock of the machine');
      // What one fault undoes would be another's.
      const other = [...this.sites].find(([fault, of]) => of === site && fault !== id)?.[0];
      if (other !== undefined) throw new PlatformError(`the clocks of ${site} are set already, by ${other}`);
      this.sites.set(id, site);
      this.setAll(site, aheadMs);
    });
  }

  observe(site: string): Promise<readonly ClockState[]> {
    return this.clocks.observe(site, this.inventory.at(site));
  }

  inForce(): readonly string[] {
    return [...this.sites.keys()];
  }

  undo(id: string): void {
    const site = this.sites.get(id);
    if (site !== undefined) this.setAll(site, 0);
    this.sites.delete(id);
  }

  private setAll(site: string, aheadMs: number): void {
    attemptAll(this.inventory.at(site), ({ directory }) => setClock(directory, aheadMs));
  }
}
