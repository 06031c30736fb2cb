import type { LineDelay, PacketRule, RuleCounter } from '../platform.ts';
import type { Undo } from '../undo.ts';
import type { LocalConfig } from './config.ts';
import type { LastingEffect } from './effects.ts';
import { delayLine, narrowLine } from './line.ts';
import { applyRules, listRules, readCounters, removeRules } from './network.ts';
import type { UndoGuard } from './register.ts';
import { Turns } from './turns.ts';

/**
 * Rules of packets and changed lines. They go in and out one after the other: an undo that looked while `nft` was at work would find nothing to undo,
 * and the rule would stay.
 */
export class NetworkEffects implements LastingEffect {
  private readonly config: LocalConfig;
  private readonly guard: UndoGuard;
  private readonly turns = new Turns();

  constructor(config: LocalConfig, guard: UndoGuard) {
    this.config = config;
    this.guard = guard;
  }

  filter(id: string, rules: readonly PacketRule[]): Promise<void> {
    return this.under(id, () => applyRules(this.config, id, rules));
  }

  narrow(id: string, site: string, bitsPerSecond: number): Promise<void> {
    return this.under(id, () => narrowLine(this.config, id, site, bitsPerSecond));
  }

  delay(id: string, site: string, how: LineDelay): Promise<void> {
    return this.under(id, () => delayLine(this.config, id, site, how));
  }

  observe(id: string): Promise<readonly RuleCounter[]> {
    return readCounters(this.config, id);
  }

  inForce(): Promise<readonly string[]> {
    return this.turns.take(() => listRules(this.config));
  }

  undo(id: string): Promise<void> {
    return this.turns.take(() => removeRules(this.config, id));
  }

  private under(id: string, work: () => Promise<void>): Promise<void> {
    const undo: Undo = { kind: 'network', params: { id } };
    return this.guard.under(undo, work, this.turns);
  }
}
