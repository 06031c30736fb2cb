import type { Plan } from './plan.ts';
import type { KnownFault, KnownProbe } from './schema.ts';
import { struckSites } from './struck-sites.ts';

type NotMeasured = Plan['notMeasured'];

/** What backups that a run takes itself, beside the platform, cannot show. `writer`: whoever wrote their files. */
const storeOfBackups = (writer: string): NotMeasured => [
  {
    what: 'a store of backups that is lost with the site',
    why: 'it is on the same machine as the databases, and no fault touches it',
  },
  {
    what: 'backups that are encrypted',
    why: `the store of the laboratory is a directory, and its files are as ${writer} writes them`,
  },
  {
    what: 'the schedule of backups, and their age',
    why: 'the run takes the backup itself: how old the last one would be when something happens is not seen',
  },
];

/** What this scenario on this platform cannot show: what its faults and probes say of themselves first, then what holds for every run. */
export function notMeasuredBy(
  plan: Omit<Plan, 'notMeasured'>,
  faults: readonly KnownFault[],
  probes: readonly Pick<KnownProbe, 'notMeasured'>[],
  unprobed: readonly string[],
): NotMeasured {
  const { nodesPerSite, replicationFactor } = plan.platform;
  const clients = new Set(plan.timetables.map(({ client }) => client));
  const all: NotMeasured = [
    ...faults
      .flatMap(({ notMeasured }) => notMeasured)
      .filter(({ unless }) => unless === undefined || !Object.hasOwn(plan.platform.tuning, unless))
      .map(({ what, why }) => ({ what, why })),
    ...probes.flatMap(({ notMeasured = [] }) => notMeasured),
    {
      what: 'loss of power',
      why: 'a fault ends processes at most, and the page cache survives them: what the commit log had not synced to its disk goes with a machine, and is not lost here',
    },
    { what: "people's decisions", why: 'RTO is technical: nobody had to notice, decide or be reached' },
    { what: 'every other disaster', why: `this run shows ${disasterOf(plan)} and nothing else` },
    {
      what: 'phantoms under keys that the harness never wrote',
      why: 'the read-back asks for the keys that were written; it does not scan what else is stored',
    },
  ];
  const [backup] = plan.backups;
  if (backup) all.push(...storeOfBackups(backup.of === 'opensearch' ? 'OpenSearch' : 'Cassandra'));
  if (nodesPerSite === 1 && !plan.timeline.some((fault) => isOneOfSeveral(fault, plan)))
    all.push({
      what: 'failure of one node among several in a site',
      why: `there is one node a site and ${copies(replicationFactor)}: LOCAL_QUORUM is that one copy`,
    });
  if (plan.platform.environment === 'laboratory')
    all.push({
      what: 'distance between sites',
      why: 'in a laboratory the sites are as far apart as it makes them, which may be not at all',
    });
  if (unprobed.length > 0) all.push({ what: unprobed.join(', '), why: 'no service of this scenario probes it' });
  if (clients.size === 1 && clients.has('outside'))
    all.push({ what: 'clients inside the sites', why: 'every client of this scenario is outside' });
  if (plan.timetables.every(({ service }) => service !== ''))
    all.push({ what: 'each site on its own', why: 'the scenario has siteProbes: false' });
  if (Object.values(plan.services).some(({ generator }) => generator !== undefined))
    all.push({
      what: 'whether the load’s generator would see an outage',
      why: 'the canary is made by the harness’s own clients; k6 keeps its record by the same rules',
    });
  return [...new Map(all.toReversed().map((one) => [one.what, one])).values()].toReversed();
}

/** Whether it strikes one node of a component that has more of them in its site. */
function isOneOfSeveral({ site, params }: Plan['timeline'][number], { platform }: Pick<Plan, 'platform'>): boolean {
  const { node, component } = params;
  const endpoints = platform.sites.find(({ name }) => name === site)?.endpoints ?? {};
  const all = typeof component === 'string' && Object.hasOwn(endpoints, component) ? endpoints[component] : [];
  return node !== undefined && (all ?? []).length > 1;
}

function copies(replicationFactor: number): string {
  return replicationFactor === 1 ? 'one copy' : `${replicationFactor} copies`;
}

function disasterOf({ timeline }: Pick<Plan, 'timeline'>): string {
  const disaster = timeline.find((fault) => fault.disaster);
  return disaster ? `${disaster.type} of ${struckSites(disaster).join(', ')}` : 'no fault at all';
}
