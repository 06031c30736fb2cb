import { PlatformError } from '../../errors.ts';
import { ANY_PEER, type LineDelay, type RuleCounter } from '../platform.ts';
import { command } from './command.ts';
import { type LocalConfig, siteNumber } from './config.ts';

/** Lines that are not as they were: the site of each fault, known here because this process made them so and outlives none of them. */
const shaped = new Map<string, string>();

/** Of a narrow line: what may wait in front of it, in time at its rate, and what it may send at once, in bytes: more than one frame. */
const QUEUE_MS = 200;
const BURST = 16_384;
/** Packets that may be under way on a long line; netem's own 1000 would lose what 100 ms of a busy one hold. */
const UNDER_WAY = 100_000;
const KINDS = ['tbf', 'netem'];

/** The ids of the faults that changed a line. */
export function shapedLines(): readonly string[] {
  return [...shaped.keys()];
}

/** A token bucket filter (tc-tbf(8)) on each end of a site's line. */
export function narrowLine(config: LocalConfig, id: string, site: string, bitsPerSecond: number): Promise<void> {
  return shapeLine(config, id, site, tbf(bitsPerSecond));
}

/** A delay (tc-netem(8)) on each end of a site's line. */
export function delayLine(config: LocalConfig, id: string, site: string, delay: LineDelay): Promise<void> {
  return shapeLine(config, id, site, netem(delay));
}

export function tbf(bitsPerSecond: number): readonly string[] {
  return ['tbf', 'rate', `${bitsPerSecond}bit`, 'burst', String(BURST), 'latency', `${QUEUE_MS}ms`];
}

export function netem({ delayUs, jitterUs, correlation }: LineDelay): readonly string[] {
  const varied = jitterUs > 0 ? [`${jitterUs}us`, ...(correlation > 0 ? [`${percent(correlation)}%`] : [])] : [];
  return ['netem', 'limit', String(UNDER_WAY), 'delay', `${delayUs}us`, ...varied];
}

function percent(ratio: number): number {
  return Number((ratio * 100).toFixed(6));
}

async function shapeLine(config: LocalConfig, id: string, site: string, discipline: readonly string[]): Promise<void> {
  if ([...shaped.values()].includes(site)) throw new PlatformError(`the line of ${site} is narrow or slow already`);
  // Where this fails nothing is in force, and nothing is to be undone.
  for (const { tc, device } of endsOf(config, site)) await command([...tc, 'qdisc', 'show', 'dev', device, 'root']);
  shaped.set(id, site);
  for (const { tc, device } of endsOf(config, site))
    await command([...tc, 'qdisc', 'add', 'dev', device, 'root', ...discipline]);
}

/** Both ends of a site's line: what leaves it goes through its own, what comes to it through the bridge's. */
function endsOf(
  config: LocalConfig,
  site: string,
): readonly { direction: 'in' | 'out'; tc: readonly string[]; device: string }[] {
  return [
    { direction: 'out', tc: ['ip', 'netns', 'exec', site, 'tc'], device: 'eth0' },
    { direction: 'in', tc: ['tc'], device: `veth${siteNumber(config, site)}` },
  ];
}

/** Makes the line that a fault changed what it was; none is no error. */
export async function restoreLine(config: LocalConfig, id: string): Promise<void> {
  const site = shaped.get(id);
  if (site === undefined) return;
  for (const { tc, device } of endsOf(config, site)) {
    const there = await command([...tc, 'qdisc', 'show', 'dev', device, 'root']);
    if (KINDS.some((kind) => there.includes(`qdisc ${kind} `)))
      await command([...tc, 'qdisc', 'del', 'dev', device, 'root']);
  }
  shaped.delete(id);
}

/** Of each end of a line that a fault changed, how many packets had to wait or were lost. */
export async function readLine(config: LocalConfig, id: string): Promise<readonly RuleCounter[]> {
  const site = shaped.get(id);
  if (site === undefined) return [];
  const ends = await Promise.all(
    endsOf(config, site).map(async ({ direction, tc, device }) => {
      const json = await command([...tc, '-s', '-j', 'qdisc', 'show', 'dev', device, 'root']);
      return parseLine(json).map((packets) => ({ site, direction, peer: ANY_PEER, packets }));
    }),
  );
  return ends.flat();
}

/** What the output of `tc -s -j qdisc show` says was held back: what a token bucket made wait or lost; every packet that passed netem. */
export function parseLine(json: string): readonly number[] {
  const all = JSON.parse(json) as readonly Discipline[];
  return all.flatMap(({ kind, packets = 0, overlimits = 0, drops = 0 }) => {
    if (kind === 'tbf') return [overlimits + drops];
    return kind === 'netem' ? [packets] : [];
  });
}

interface Discipline {
  readonly kind: string;
  readonly packets?: number;
  readonly overlimits?: number;
  readonly drops?: number;
}
