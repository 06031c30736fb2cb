import type { V1NetworkPolicy } from '@kubernetes/client-node';
import { PlatformError } from '../../errors.ts';
import { LOOPBACK_PEER, OUTSIDE_PEER, type PacketRule } from '../platform.ts';
import { FAULT_ANNOTATION, policyLabels, policyName } from './names.ts';

/** What is to be known of a site to cut it. */
export interface CutSite {
  readonly name: string;
  readonly namespace: string;
  /** CIDRs of its pods, nodes and services: nobody else's. */
  readonly networks: readonly string[];
  /** Labels of the pods of each component. */
  readonly selectors: readonly string[];
}

/** A NetworkPolicy, and the site in whose cluster it is to stand. */
export interface SitePolicy {
  readonly site: string;
  readonly policy: V1NetworkPolicy;
}

/**
 * The NetworkPolicies that cut sites as packet rules do. A policy says who may connect, so that each lets everybody in but those who are cut; both ends of a
 * cut get one, because what comes through a Service of another cluster may have the address of one of its nodes. A site's own loopback is its pods' own: there
 * is nothing to cut. A PlatformError for what a policy cannot do.
 */
export function policiesOf(id: string, rules: readonly PacketRule[], sites: readonly CutSite[]): readonly SitePolicy[] {
  const cuts = new Map<string, Set<string>>();
  const cut = (site: string, from: string): void => void cuts.set(site, (cuts.get(site) ?? new Set()).add(from));
  for (const [site, mine] of Map.groupBy(rules, (rule) => rule.site)) {
    requireWhole(id, mine);
    for (const peer of new Set(mine.flatMap(({ peers }) => peers))) {
      if (peer === LOOPBACK_PEER) continue;
      cut(site, peer);
      if (peer !== OUTSIDE_PEER) cut(peer, site);
    }
  }
  return [...cuts].flatMap(([name, from]) => {
    const site = siteOf(name, sites);
    return site.selectors.map((selector) => ({ site: name, policy: policyOf(id, site, selector, from, sites) }));
  });
}

function policyOf(
  id: string,
  { namespace, name }: CutSite,
  selector: string,
  from: ReadonlySet<string>,
  sites: readonly CutSite[],
): V1NetworkPolicy {
  const peers = allowed(from, sites).map((ipBlock) => ({ ipBlock }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: policyName(id, `${name} ${selector}`),
      namespace,
      labels: policyLabels(id),
      annotations: { [FAULT_ANNOTATION]: id },
    },
    spec: {
      podSelector: { matchLabels: labelsOf(selector) },
      policyTypes: ['Ingress', 'Egress'],
      // No peer at all would be everybody: where nobody may, there is no rule.
      ingress: peers.length === 0 ? [] : [{ _from: peers }],
      egress: peers.length === 0 ? [] : [{ to: peers }],
    },
  };
}

/** Whom a site may still speak with: everybody but the networks of those it is cut from, or, where the outside is cut, the networks of the others. */
function allowed(from: ReadonlySet<string>, sites: readonly CutSite[]): readonly { cidr: string; except?: string[] }[] {
  const others = sites.filter(({ name }) => !from.has(name)).flatMap(({ networks }) => networks);
  if (from.has(OUTSIDE_PEER)) return others.map((cidr) => ({ cidr }));
  const except = [...from].flatMap((name) => siteOf(name, sites).networks);
  return [{ cidr: '0.0.0.0/0', except }];
}

/** Only what drops everything between two, in both directions. */
function requireWhole(id: string, rules: readonly PacketRule[]): void {
  const partial = rules.some(({ fate = 'drop', component, share = 1 }) => fate !== 'drop' || component || share < 1);
  const peersOf = (direction: 'in' | 'out'): string =>
    rules
      .filter((rule) => rule.direction === direction)
      .flatMap(({ peers }) => peers)
      .toSorted()
      .join(' ');
  if (!partial && peersOf('in') === peersOf('out')) return;
  throw new PlatformError(`${id}: a NetworkPolicy cuts everything between two, both ways: expected a rule that does`);
}

/** Of `a=b,c=d`. A PlatformError for what else a selector may say: the policy would mean other pods. */
export function labelsOf(selector: string): Record<string, string> {
  const pairs = selector.split(',').map((one) => /^\s*([^=!\s]+)\s*==?\s*([^=!\s]*)\s*$/.exec(one));
  if (pairs.some((pair) => pair === null))
    throw new PlatformError(
      `the selector ${selector} cannot be that of a NetworkPolicy: expected labels such as app=cassandra`,
    );
  return Object.fromEntries(pairs.map((pair) => [pair?.[1], pair?.[2]]));
}

function siteOf(name: string, sites: readonly CutSite[]): CutSite {
  const site = sites.find((one) => one.name === name);
  if (site) return site;
  throw new PlatformError(`no site ${name}; there is ${sites.map((one) => one.name).join(', ')}`);
}
