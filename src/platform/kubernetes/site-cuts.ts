import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { PlatformError } from '../../errors.ts';
import { LOOPBACK_PEER, type NetworkAbility, OUTSIDE_PEER, type PacketRule, type RuleCounter } from '../platform.ts';
import type { ClusterRegister } from './cluster-register.ts';
import type { GraphSite } from './graph-site.ts';
import { type Knocked, openBefore } from './knock.ts';
import { type CutSite, policiesOf } from './network-policies.ts';
import { createPolicy, faultsOfPolicies, policiesIn, removePolicies } from './policy-objects.ts';

/** In which a network plugin has heard of a policy. */
const ENFORCED_MS = 15_000;
const AGAIN_MS = 200;

/** What was made under one id, and how often somebody knocked in vain since, by `site direction peer`. */
interface Cut {
  readonly rules: readonly PacketRule[];
  readonly expected: ReadonlyMap<string, number>;
  readonly lost: Map<string, number>;
}

/**
 * Sites cut by NetworkPolicies. A policy counts no packets, and a network may not enforce it: what is in force is found out by knocking, from here and from inside
 * the sites' pods.
 */
export class SiteCuts implements NetworkAbility {
  private readonly sites: readonly GraphSite[];
  private readonly register: Pick<ClusterRegister, 'requireCut'>;
  private readonly cuts = new Map<string, Cut>();

  private readonly enforcedMs: number;

  constructor(sites: readonly GraphSite[], register: Pick<ClusterRegister, 'requireCut'>, enforcedMs = ENFORCED_MS) {
    this.sites = sites;
    this.register = register;
    this.enforcedMs = enforcedMs;
  }

  async filter(id: string, rules: readonly PacketRule[], signal: AbortSignal): Promise<void> {
    const policies = policiesOf(id, rules, this.sites.map(cutSite));
    await this.register.requireCut(id, signal);
    const expected = new Map([...Map.groupBy(policies, ({ site }) => site)].map(([site, own]) => [site, own.length]));
    await this.requireKnockable(rules, signal);
    const clients = rules.find(({ peers }) => peers.includes(OUTSIDE_PEER));
    const before = clients ? await openBefore(await this.at(clients.site).outerEndpoint(signal)) : null;
    try {
      this.cuts.set(id, { rules, expected, lost: new Map() });
      await Promise.all(policies.map(({ site, policy }) => createPolicy(this.at(site).cluster, policy, signal)));
      // A cluster that could not be asked for a while may have undone it meanwhile: what was made then nobody would undo.
      await this.register.requireCut(id, signal).catch(async (error: unknown) => {
        await this.mend(id, signal);
        throw error;
      });
      await this.requireEnforced(rules, signal);
      if (clients && (await before?.answers()))
        throw new PlatformError(
          `the network of ${clients.site} enforces NetworkPolicies for new connections only: clients that are connected are not cut`,
        );
    } finally {
      before?.close();
    }
  }

  /** What nobody reaches before it is cut proves nothing afterwards. */
  private async requireKnockable(rules: readonly PacketRule[], signal: AbortSignal): Promise<void> {
    const mute = (await this.knockAll(rules, signal)).filter((one) => isKnockable(one) && one.knocked !== 'connected');
    if (mute.length === 0) return;
    throw new PlatformError(
      `that these are cut could not be shown, because they are not reached before: ${mute.map(describe).join(', ')}`,
      {
        hint: 'knock: in the platform file is the command for it; the addresses of pods must be reached from site to site',
      },
    );
  }

  /** Waits until nobody gets through any more. A PlatformError where somebody still does after a while: this network cannot cut. */
  private async requireEnforced(rules: readonly PacketRule[], signal: AbortSignal): Promise<void> {
    for (const untilMs = performance.now() + this.enforcedMs; ; await sleep(AGAIN_MS, undefined, { signal })) {
      const through = (await this.knockAll(rules, signal)).filter(isThrough);
      if (through.length === 0) return;
      if (performance.now() < untilMs) continue;
      const said = through.map(describe);
      throw new PlatformError(
        `NetworkPolicies are not enforced as silence within ${this.enforcedMs / 1000} s: ${said.join(', ')}`,
        { hint: 'is there a network plugin that enforces them (Calico, Cilium)? It must drop, and not refuse' },
      );
    }
  }

  /** A counter for each rule that stands whole and that nobody got through; what cannot be knocked at keeps the count that it had. */
  async observe(id: string, signal: AbortSignal): Promise<readonly RuleCounter[]> {
    const standing = new Map(
      await Promise.all(
        this.sites.map(async ({ cluster, site }) => [site, (await policiesIn(cluster, id, signal)).length] as const),
      ),
    );
    if ([...standing.values()].every((policies) => policies === 0)) return this.observeEnd(id, signal);
    const { rules, expected, lost } = this.cuts.get(id) ?? { rules: [], expected: new Map(), lost: new Map() };
    const whole = [...expected].every(([site, policies]) => standing.get(site) === policies);
    const counters: RuleCounter[] = [];
    for (const pair of await this.knockAll(rules, signal)) {
      const { site, direction, peer, knocked } = pair;
      const key = `${site} ${direction} ${peer}`;
      if (knocked === 'lost') lost.set(key, (lost.get(key) ?? 0) + 1);
      if (whole && !isThrough(pair))
        counters.push({ site, direction, peer, packets: lost.get(key) ?? 0, counted: 'knocks in vain' });
    }
    // Something stands, and is not what it should be: that is not nothing.
    return counters.length > 0 ? counters : [SOMETHING];
  }

  /** No policy stands any more: over when those who were cut are reached again. Where no pod is ready nobody can knock. */
  private async observeEnd(id: string, signal: AbortSignal): Promise<readonly RuleCounter[]> {
    const cut = this.cuts.get(id);
    if (!cut) return [];
    const lost = (await this.knockAll(cut.rules, signal)).filter(({ knocked }) => knocked === 'lost');
    if (lost.length > 0) return [{ ...SOMETHING, peer: 'gone, and still enforced' }];
    this.cuts.delete(id);
    return [];
  }

  async inForce(signal: AbortSignal): Promise<readonly string[]> {
    const all = await Promise.all(this.sites.map(({ cluster }) => faultsOfPolicies(cluster, signal)));
    return [...new Set(all.flat())].sort();
  }

  async mend(id: string, signal: AbortSignal): Promise<void> {
    await Promise.all(this.sites.map(({ cluster }) => removePolicies(cluster, id, signal)));
  }

  /** Knocks once for each rule and peer, all at the same time. */
  private async knockAll(rules: readonly PacketRule[], signal: AbortSignal): Promise<readonly Knock[]> {
    const pods = new Map(
      await Promise.all(this.sites.map(async (site) => [site.site, await site.readyPod(signal)] as const)),
    );
    const pairs = rules.flatMap(({ site, direction, peers }) => peers.map((peer) => ({ site, direction, peer })));
    return Promise.all(pairs.map(async (pair) => ({ ...pair, knocked: await this.knock(pair, pods, signal) })));
  }

  private async knock(
    { site, direction, peer }: Omit<Knock, 'knocked'>,
    pods: ReadonlyMap<string, V1Pod | null>,
    signal: AbortSignal,
  ): Promise<Knocked> {
    if (peer === LOOPBACK_PEER) return 'unknown';
    const own = pods.get(site) ?? null;
    // Where no pod is ready it is the node that refuses, which says nothing; and there is nobody outside whom a pod would call.
    if (own === null) return 'unknown';
    if (peer === OUTSIDE_PEER) return direction === 'in' ? this.at(site).knockFromOutside(signal) : 'unknown';
    const other = pods.get(peer) ?? null;
    if (other === null) return 'unknown';
    return direction === 'in'
      ? this.at(peer).knockFrom(other, own, signal)
      : this.at(site).knockFrom(own, other, signal);
  }

  private at(name: string): GraphSite {
    return this.sites.find(({ site }) => site === name) as GraphSite;
  }
}

interface Knock {
  readonly site: string;
  readonly direction: 'in' | 'out';
  readonly peer: string;
  readonly knocked: Knocked;
}

/** Nobody outside listens, and a site's loopback is no way to anybody else. */
function isKnockable({ direction, peer }: Knock): boolean {
  return peer !== LOOPBACK_PEER && (peer !== OUTSIDE_PEER || direction === 'in');
}

function describe({ site, direction, peer, knocked }: Knock): string {
  const [from, to] = direction === 'in' ? [peer, site] : [site, peer];
  return `${from} to ${to}: ${knocked}`;
}

/** A refusal is an answer as well. */
function isThrough({ knocked }: Knock): boolean {
  return knocked === 'connected' || knocked === 'refused';
}

const SOMETHING: RuleCounter = {
  site: 'NetworkPolicies',
  direction: 'in',
  peer: 'not all there, or not enforced',
  packets: 0,
};

function cutSite({ site: name, cluster: { namespace }, networks, selectors }: GraphSite): CutSite {
  return { name, namespace, networks, selectors };
}
