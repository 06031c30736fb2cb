import { expect, test } from 'vitest';
import type { PacketRule } from '../platform.ts';
import { type CutSite, labelsOf, policiesOf } from './network-policies.ts';

const SITES: readonly CutSite[] = ['paris', 'london', 'frankfurt'].map((name, index) => ({
  name,
  namespace: `bank-${name}`,
  networks: [`10.4${index}.0.0/16`, `172.30.${index}.0/24`],
  selectors: ['app=cassandra', 'app=janusgraph'],
}));

function both(site: string, ...peers: string[]): readonly PacketRule[] {
  return [
    { site, direction: 'in', peers },
    { site, direction: 'out', peers },
  ];
}

/** Of the policies for Cassandra: whom each site may still speak with. */
function said(rules: readonly PacketRule[]): Record<string, string> {
  const policies = policiesOf('cut', rules, SITES).filter(
    ({ policy }) => policy.spec?.podSelector?.matchLabels?.app === 'cassandra',
  );
  return Object.fromEntries(
    policies.map(({ site, policy: { spec } }) => {
      const blocks = (spec?.ingress ?? []).flatMap(({ _from }) => _from ?? []).map(({ ipBlock }) => ipBlock);
      expect((spec?.egress ?? []).flatMap(({ to }) => to ?? []).map(({ ipBlock }) => ipBlock)).toEqual(blocks);
      return [site, blocks.map((one) => [one?.cidr, ...(one?.except ?? [])].join(' ! ')).join(', ')];
    }),
  );
}

test('a cut of two sites is made at both ends, and lets everybody else through', () => {
  expect(said(both('paris', 'london'))).toEqual({
    paris: '0.0.0.0/0 ! 10.41.0.0/16 ! 172.30.1.0/24',
    london: '0.0.0.0/0 ! 10.40.0.0/16 ! 172.30.0.0/24',
  });
});

test('a site that is lost speaks with itself alone, and the others with everybody but it', () => {
  expect(said(both('paris', 'london', 'frankfurt', 'outside', 'loopback'))).toEqual({
    paris: '10.40.0.0/16, 172.30.0.0/24',
    london: '0.0.0.0/0 ! 10.40.0.0/16 ! 172.30.0.0/24',
    frankfurt: '0.0.0.0/0 ! 10.40.0.0/16 ! 172.30.0.0/24',
  });
});

test('clients that are cut alone leave the sites their connections', () => {
  expect(said(both('paris', 'outside'))).toEqual({
    paris: '10.40.0.0/16, 172.30.0.0/24, 10.41.0.0/16, 172.30.1.0/24, 10.42.0.0/16, 172.30.2.0/24',
  });
});

test('each component of a site has a policy of its own, which names its fault', () => {
  const policies = policiesOf('cut-1 / ü', both('paris', 'outside'), SITES);
  expect(policies.map(({ policy }) => policy.metadata?.namespace)).toEqual(['bank-paris', 'bank-paris']);
  expect(new Set(policies.map(({ policy }) => policy.metadata?.name)).size).toBe(2);
  for (const { policy } of policies) {
    expect(policy.metadata?.name).toMatch(/^drill-cut-[0-9a-f]{20}$/);
    expect(policy.metadata?.annotations).toEqual({ 'drill.dev/fault': 'cut-1 / ü' });
    for (const value of Object.values(policy.metadata?.labels ?? {})) expect(value).toMatch(/^[\w.-]{1,63}$/);
  }
});

test('what a policy cannot do is refused', () => {
  const [first, second] = both('paris', 'london') as [PacketRule, PacketRule];
  for (const rules of [
    [first],
    [first, { ...second, peers: ['frankfurt'] }],
    [{ ...first, fate: 'reset' as const }, second],
    [
      { ...first, share: 0.5 },
      { ...second, share: 0.5 },
    ],
    [{ ...first, component: 'cassandra' as const }, second],
  ]) {
    expect(() => policiesOf('cut', rules, SITES)).toThrow('cuts everything between two, both ways');
  }
  expect(() => policiesOf('cut', both('paris', 'tokyo'), SITES)).toThrow('no site tokyo');
});

test('of a selector only labels can be used', () => {
  expect(labelsOf('app=cassandra, tier == db')).toEqual({ app: 'cassandra', tier: 'db' });
  for (const selector of ['app!=x', 'app in (a,b)', 'app', ''])
    expect(() => labelsOf(selector)).toThrow('expected labels');
});
