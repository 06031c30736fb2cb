import type { PacketRule, Platform, RuleCounter } from '../platform/platform.ts';
import type { Undo } from '../platform/undo.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import type { BoundFault } from './fault.ts';
import { ability } from './target.ts';

/**
 * What happens to packets. Effective when every rule is in the kernel and a counter shows that packets met it: a rule that nothing meets has
 * not been shown to do anything. `by`: the ability that the rules need.
 */
export function packetRules(
  fault: PlannedFault,
  platform: Platform,
  rules: readonly PacketRule[],
  by: 'network' | 'packets' = 'packets',
): BoundFault {
  const packets = ability(fault, platform, by);
  const network = ability(fault, platform, 'network');
  const undo: readonly Undo[] = [{ kind: 'network', params: { id: fault.id } }];
  const expected = rules.flatMap((rule) => rule.peers.map((peer) => ({ ...rule, peer })));
  return {
    undo,
    inject: (signal) => packets.filter(fault.id, rules, signal),
    async observe(signal) {
      const counters = await network.observe(fault.id, signal);
      if (counters.length === 0) return { state: 'none', observed: 'no packet rule' };
      const complete = expected.every((rule) => counters.some((counter) => isOf(counter, rule)));
      const met = counters.reduce((sum, counter) => sum + counter.packets, 0);
      return { state: complete && met > 0 ? 'full' : 'partial', observed: describeCounters(counters) };
    },
  };
}

function isOf(counter: RuleCounter, rule: { site: string; direction: string; peer: string }): boolean {
  return counter.site === rule.site && counter.direction === rule.direction && counter.peer === rule.peer;
}

/** Such as `paris in: 22 packets (london 0, outside 22)`. */
export function describeCounters(counters: readonly RuleCounter[]): string {
  const groups = Map.groupBy(counters, ({ site, direction }) => `${site} ${direction}`);
  return [...groups]
    .map(([name, group]) => {
      const sum = group.reduce((packets, one) => packets + one.packets, 0);
      const each = group.map(({ peer, packets }) => `${peer} ${packets}`).join(', ');
      return `${name}: ${sum} ${group[0]?.counted ?? 'packets'} (${each})`;
    })
    .join('; ');
}
