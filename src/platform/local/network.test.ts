import { expect, test } from 'vitest';
import { PlatformError } from '../../errors.ts';
import { parseLocalConfig } from './config.ts';
import { parseCounters, rulesetOf, tableOf } from './network.ts';

const config = parseLocalConfig(
  `environment: laboratory
sites: [{ name: paris, datacenter: paris-dc }, { name: london, datacenter: london-dc }]
nodesPerSite: 2
network: 10.77.0.0/16
cassandra: { heap: 640m, cqlPort: 9042, storagePort: 7000 }
janusgraph: { heap: 400m, port: 8182 }
jit: quick
`,
  'platform.yaml',
);

test('the ruleset of a fault drops by address, direction and peer, each with a counter of its own', () => {
  const rules = [
    { site: 'paris', direction: 'in', peers: ['london', 'outside'] },
    { site: 'paris', direction: 'out', peers: ['london', 'loopback'] },
  ] as const;
  expect(rulesetOf(config, 'f1', rules)).toBe(`table inet drill_6631 {
  chain input {
    type filter hook input priority -200; policy accept;
    ip saddr { 10.77.2.10, 10.77.2.11 } counter drop comment "in london"
    ip saddr { 10.77.0.1 } counter drop comment "in outside"
  }
  chain output {
    type filter hook output priority -200; policy accept;
    ip daddr { 10.77.2.10, 10.77.2.11 } counter drop comment "out london"
    oif lo counter drop comment "out loopback"
  }
}
`);
});

test.each([
  [{ fate: 'reset', component: 'janusgraph' }, 'meta l4proto tcp tcp dport { 8182 } counter reject with tcp reset'],
  [
    { fate: 'unreachable', component: 'cassandra' },
    'tcp dport { 9042, 7000 } counter reject with icmpx admin-prohibited',
  ],
  [{ share: 0.025 }, 'numgen random mod 10000 < 250 counter drop'],
  [{ fate: 'drop', component: 'janusgraph' }, 'tcp dport { 8182 } counter drop'],
  [{ fate: 'drop', component: 'opensearch' }, 'tcp dport { 9200, 9300 } counter drop'],
] as const)('what becomes of a packet: %j', (more, expected) => {
  const text = rulesetOf(config, 'f1', [{ site: 'paris', direction: 'in', peers: ['outside'], ...more }]);
  expect(text).toContain(`    ip saddr { 10.77.0.1 } ${expected} comment "in outside"\n`);
});

test('what leaves a component is known by its own port', () => {
  const rule = { site: 'paris', direction: 'out', peers: ['london'], component: 'janusgraph' } as const;
  expect(rulesetOf(config, 'f1', [rule])).toContain('tcp sport { 8182 } counter drop comment "out london"');
});

test('a fault of any name has a table of its own that nft accepts', () => {
  const tables = ['a-b', 'a_b', 'a.b', 'Paris 1'].map(tableOf);
  expect(new Set(tables).size).toBe(4);
  for (const table of tables) expect(table).toMatch(/^[a-z][a-z0-9_]*$/);
});

test('a peer that is no site is an error, not a rule that drops nothing', () => {
  expect(() => rulesetOf(config, 'f1', [{ site: 'paris', direction: 'in', peers: ['madrid'] }])).toThrow(PlatformError);
});

test('counters are read by fault; rules and chains of others are passed over', () => {
  const rule = (table: string, comment: string | undefined, packets: number): object => ({
    rule: {
      family: 'inet',
      table,
      chain: 'input',
      handle: 3,
      ...(comment === undefined ? {} : { comment }),
      expr: [{ match: {} }, { counter: { packets, bytes: packets * 60 } }, { drop: null }],
    },
  });
  const json = JSON.stringify({
    nftables: [
      { metainfo: { version: '1.0.6', json_schema_version: 1 } },
      { table: { family: 'inet', name: 'drill_6631', handle: 1 } },
      rule('drill_6631', 'in london', 17),
      rule('drill_6631', 'out loopback', 0),
      rule('drill_6631', 'of somebody else', 5),
      rule('drill_6631', undefined, 5),
      rule('drill_6632', 'in london', 99),
    ],
  });
  expect(parseCounters(json, 'paris', 'drill_6631')).toEqual([
    { site: 'paris', direction: 'in', peer: 'london', packets: 17 },
    { site: 'paris', direction: 'out', peer: 'loopback', packets: 0 },
  ]);
});

test('no rule in force is an empty list', () => {
  expect(parseCounters('{"nftables":[{"metainfo":{}}]}', 'paris', 'drill_6631')).toEqual([]);
});
