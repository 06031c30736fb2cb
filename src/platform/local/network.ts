import { LOOPBACK_PEER, OUTSIDE_PEER, type PacketRule, type RuleCounter } from '../platform.ts';
import { attemptEach } from './attempt-all.ts';
import { command } from './command.ts';
import { addressOf, type LocalConfig, siteNumber } from './config.ts';
import { readLine, restoreLine, shapedLines } from './line.ts';
import { addressesIn, portsOf } from './places.ts';

/** Makes the bridge on which the clients outside are, and a namespace with an address for each node of each site. */
export async function makeNetwork(config: LocalConfig): Promise<void> {
  await command(['mount', '-t', 'tmpfs', 'tmpfs', '/run']);
  await command(['mkdir', '-p', '/run/netns']);
  await command(['ip', 'link', 'set', 'lo', 'up']);
  await command(['ip', 'link', 'add', 'bridge0', 'type', 'bridge']);
  await command(['ip', 'addr', 'add', `${addressOf(config, -1)}/16`, 'dev', 'bridge0']);
  await command(['ip', 'link', 'set', 'bridge0', 'up']);
  for (const [index, site] of config.sites.entries()) {
    await command(['ip', 'netns', 'add', site.name]);
    await command(['ip', 'link', 'add', `veth${index}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', site.name]);
    await command(['ip', 'link', 'set', `veth${index}`, 'master', 'bridge0', 'up']);
    for (const address of addressesIn(config, index)) {
      await command(['ip', '-n', site.name, 'addr', 'add', `${address}/16`, 'dev', 'eth0']);
    }
    await command(['ip', '-n', site.name, 'link', 'set', 'eth0', 'up']);
    await command(['ip', '-n', site.name, 'link', 'set', 'lo', 'up']);
  }
}

const TABLE = 'drill_';
const TABLES = /^table inet drill_([0-9a-f]+)$/gm;
const COMMENT = /^(in|out) (\S+)$/;

/** The table's name of a fault: `nft` knows letters, digits and `_` only. */
export function tableOf(id: string): string {
  return TABLE + Buffer.from(id).toString('hex');
}

/** What a rule says of the packet before `counter`, and what it does after it. */
function fateOf(
  config: LocalConfig,
  { direction, fate = 'drop', component, share = 1 }: PacketRule,
): readonly [string, string] {
  const match: string[] = [];
  if (fate === 'reset') match.push('meta l4proto tcp');
  if (component) {
    match.push(`tcp ${direction === 'in' ? 'dport' : 'sport'} { ${portsOf(config, component).join(', ')} }`);
  }
  if (share < 1) match.push(`numgen random mod ${PARTS} < ${Math.round(share * PARTS)}`);
  const verdict = { drop: 'drop', reset: 'reject with tcp reset', unreachable: 'reject with icmpx admin-prohibited' }[
    fate
  ];
  return [match.map((one) => `${one} `).join(''), verdict];
}

/** Shares are counted in these. */
const PARTS = 10_000;

/** The text for `nft -f -` that makes all rules of one fault in one site, at once. */
export function rulesetOf(config: LocalConfig, id: string, rules: readonly PacketRule[]): string {
  const line = (rule: PacketRule, peer: string): string => {
    const { direction } = rule;
    const [match, verdict] = fateOf(config, rule);
    const counted = `${match}counter ${verdict} comment "${direction} ${peer}"`;
    if (peer === LOOPBACK_PEER) return `${direction === 'in' ? 'iif' : 'oif'} lo ${counted}`;
    return `ip ${direction === 'in' ? 'saddr' : 'daddr'} { ${addressesOf(config, peer).join(', ')} } ${counted}`;
  };
  const chain = (direction: 'in' | 'out', hook: string): string => {
    const lines = rules
      .filter((rule) => rule.direction === direction)
      .flatMap((rule) => rule.peers.map((peer) => line(rule, peer)));
    return `  chain ${hook} {\n    type filter hook ${hook} priority -200; policy accept;\n${lines.map((one) => `    ${one}\n`).join('')}  }\n`;
  };
  return `table inet ${tableOf(id)} {\n${chain('in', 'input')}${chain('out', 'output')}}\n`;
}

function addressesOf(config: LocalConfig, peer: string): readonly string[] {
  if (peer === OUTSIDE_PEER) return [addressOf(config, -1)];
  return addressesIn(config, siteNumber(config, peer));
}

export async function applyRules(config: LocalConfig, id: string, rules: readonly PacketRule[]): Promise<void> {
  for (const site of new Set(rules.map((rule) => rule.site))) {
    const ruleset = rulesetOf(
      config,
      id,
      rules.filter((rule) => rule.site === site),
    );
    await command(['ip', 'netns', 'exec', site, 'nft', '-f', '-'], ruleset);
  }
}

/** The faults of which a rule is in force in some site, whoever made it. */
export async function listRules(config: LocalConfig): Promise<readonly string[]> {
  const found = new Set<string>(shapedLines());
  for (const site of config.sites) {
    const tables = await command(['ip', 'netns', 'exec', site.name, 'nft', 'list', 'tables']);
    for (const [, hex = ''] of tables.matchAll(TABLES)) found.add(Buffer.from(hex, 'hex').toString());
  }
  return [...found].sort();
}

/** Removes every rule of a fault, in every site; none left is no error. */
export async function removeRules(config: LocalConfig, id: string): Promise<void> {
  const removeAt = async (site: string): Promise<void> => {
    const tables = await command(['ip', 'netns', 'exec', site, 'nft', 'list', 'tables']);
    if (tables.split('\n').includes(`table inet ${tableOf(id)}`))
      await command(['ip', 'netns', 'exec', site, 'nft', 'delete', 'table', 'inet', tableOf(id)]);
  };
  const places = [
    () => restoreLine(config, id),
    ...config.sites.map(
      ({ name }) =>
        () =>
          removeAt(name),
    ),
  ];
  await attemptEach(places, (remove) => remove());
}

/** What stands in the kernel of a fault, by rule and peer. */
export async function readCounters(config: LocalConfig, id: string): Promise<readonly RuleCounter[]> {
  const found = await Promise.all(
    config.sites.map(async (site) => {
      const json = await command(['ip', 'netns', 'exec', site.name, 'nft', '-j', 'list', 'ruleset']);
      return parseCounters(json, site.name, tableOf(id));
    }),
  );
  return [...found.flat(), ...(await readLine(config, id))];
}

/** The counters in the output of `nft -j list ruleset`. */
export function parseCounters(json: string, site: string, table: string): readonly RuleCounter[] {
  const { nftables } = JSON.parse(json) as { nftables: readonly { rule?: NftRule }[] };
  return nftables.flatMap(({ rule }) => {
    const said = rule?.table === table ? COMMENT.exec(rule.comment ?? '') : null;
    if (!rule || !said) return [];
    const packets = rule.expr.find((one) => one.counter)?.counter?.packets ?? 0;
    return [{ site, direction: said[1] as 'in' | 'out', peer: said[2] as string, packets }];
  });
}

interface NftRule {
  readonly table: string;
  readonly comment?: string;
  readonly expr: readonly { readonly counter?: { readonly packets: number } }[];
}
