import { z } from 'zod';

const topologySchema = z.object({
  name: z.string(),
  environment: z.string(),
  sites: z.array(z.object({ name: z.string(), datacenter: z.string() })).readonly(),
  nodesPerSite: z.int(),
  replicationFactor: z.int(),
});
/** The part of a platform that its topology is told by; a plan's, or what it says of itself. */
export type Topology = Readonly<z.infer<typeof topologySchema>>;

const words = z.record(z.string(), z.string());

/** What of a plan says what a run was made with. No more is asked of it, so that plans of other versions can be read. */
export const madeWithSchema = z.object({
  scenario: z.object({ sha256: z.string() }),
  platform: topologySchema.extend({ versions: words, tuning: words }),
  services: z.record(z.string(), z.object({ rate: z.number(), generator: z.string().optional() })).default({}),
});
export type MadeWith = z.input<typeof madeWithSchema>;

/** Everything that must be the same for the figures of two runs to be one series, by its name. */
export type Setting = ReadonlyMap<string, string>;

/** What a run was made with: harness, scenario, topology, versions, tuning, load. Of the digest the first 12 digits. */
export function settingOf({ scenario, platform, services = {} }: MadeWith, harness: string): Setting {
  return new Map([
    ['harness', harness],
    ['scenario file', scenario.sha256.slice(0, 12)],
    ...topologyOf(platform),
    ...of('version of', platform.versions),
    ...of('tuning,', platform.tuning),
    ...loadOf(services),
  ]);
}

/** What was asked of the load's generator, which need not be what the scenario file says. */
function loadOf(services: NonNullable<MadeWith['services']>): [string, string][] {
  return Object.entries(services).flatMap(([name, { rate, generator }]): [string, string][] =>
    generator === undefined ? [] : [[`load, ${name}`, `${rate}/s by ${generator}`]],
  );
}

/** Which platform it was, and how large. */
export function topologyOf(platform: Topology): [string, string][] {
  return [
    ['platform', platform.name],
    ['environment', platform.environment],
    ['sites', platform.sites.map(({ name, datacenter }) => `${name} (${datacenter})`).join(', ')],
    ['nodes a site', String(platform.nodesPerSite)],
    ['replication factor', String(platform.replicationFactor)],
  ];
}

function of(what: string, values: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(values).map(([name, value]) => [`${what} ${name}`, value]);
}

/** How the later differs from the earlier, a phrase each; empty: not at all. What is not known differs from everything, itself included. */
export function differences(earlier: Setting | null, later: Setting | null): readonly string[] {
  if (earlier === null || later === null) {
    return ['what it was made with is not known: its plan.json does not say'];
  }
  return [...new Set([...earlier.keys(), ...later.keys()])].flatMap((name) => {
    const [was, is] = [earlier.get(name), later.get(name)];
    return was === is ? [] : [`${name}: was ${was ?? 'not said'}, is ${is ?? 'not said'}`];
  });
}
