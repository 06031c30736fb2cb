import { eventsOf } from '../history/read-journal.ts';
import type { Report, Verdict } from './report-schema.ts';
import type { RunRecord } from './run-record.ts';

/** What a fact about an anchor is called. */
export const ANCHOR_FACT = 'anchor before the fault';

/** What every report says of the platform and of the machine, beside what was measured. */
export function factsOf(record: RunRecord): Report['facts'] {
  const { plan } = record;
  const facts = [
    { fact: 'platform', value: `${plan.platform.name} (${plan.platform.environment})` },
    { fact: 'sites', value: plan.platform.sites.map(({ name }) => name).join(', ') },
    { fact: 'replication factor', value: `${plan.platform.replicationFactor} in each site` },
    { fact: 'nodes a site', value: String(plan.platform.nodesPerSite) },
    ...Object.entries(plan.services).map(([name, service]) => ({
      fact: `standby of ${name}`,
      value:
        service.sites
          .slice(1)
          .map((site) => `${site}: ${warmth(record, site)}`)
          .join('; ') || 'none',
    })),
    ...Object.entries(plan.platform.versions).map(([name, version]) => ({ fact: name, value: version })),
    ...Object.entries(plan.platform.tuning).map(([fact, value]) => ({ fact, value })),
    ...(plan.seed === null ? [] : [{ fact: 'random picks', value: picksOf(plan) }]),
    { fact: 'read back', value: 'every acknowledged write, not a sample' },
  ];
  const machine = machineOf(record);
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const value = machine
    ? `CPU stolen ${percent(machine.steal)}, busy ${percent(machine.busy)}, load ${machine.load1.toFixed(2)}`
    : 'not recorded';
  return [...facts, { fact: 'contention', value }, ...anchorsOf(record)];
}

/** Whom the intent was given before the fault. Nothing where nobody was asked: so it is in every report of before there were anchors. */
function anchorsOf({ events }: RunRecord): Report['facts'] {
  return eventsOf(events, 'anchored').map(({ data }) => {
    if (data.kind === 'none') return { fact: ANCHOR_FACT, value: `none: ${data.why}` };
    if (data.kind === 'tsa') return { fact: ANCHOR_FACT, value: 'time stamp (RFC 3161) over intent.json: intent.tsr' };
    return { fact: ANCHOR_FACT, value: `tag ${data.ref} in ${data.remote}` };
  });
}

/** Such as `seed 7; cut-1: site london (among paris, london)`. */
function picksOf({ seed, timeline }: RunRecord['plan']): string {
  const picked = timeline.flatMap(({ id, site, params, pickedAmong }) =>
    Object.entries(pickedAmong ?? {}).map(([field, among]) => {
      const what = field === 'site' ? site : [params[field]].flat().join(', ');
      return `${id}: ${field} ${what} (among ${among.join(', ')})`;
    }),
  );
  return [`seed ${seed}`, ...picked].join('; ');
}

function warmth({ plan, events }: RunRecord, site: string): string {
  const probed = eventsOf(events, 'timetable-started').some(({ data }) => data.service === '' && data.site === site);
  const planned = plan.timetables.some((timetable) => timetable.service === '' && timetable.site === site);
  // Each client warms up every site of its service before the run begins.
  return probed || planned ? 'warm (visited by its own probe)' : 'warm (visited by the clients before the run)';
}

/** Means over the time that was looked at. */
function machineOf({ events }: RunRecord): Report['quality']['machine'] {
  const spans = eventsOf(events, 'machine').map(({ data }) => ({
    ...data,
    us: Math.max(1, data.to_us - data.from_us),
  }));
  const total = spans.reduce((sum, { us }) => sum + us, 0);
  if (total === 0) return null;
  const mean = (of: 'steal' | 'busy' | 'load1'): number =>
    spans.reduce((sum, span) => sum + span[of] * span.us, 0) / total;
  return { steal: mean('steal'), busy: mean('busy'), load1: mean('load1') };
}

/** What the scenario and the platform cannot show, and what this run did not get to show. */
export function notMeasuredOf(record: RunRecord): Report['notMeasured'] {
  const { plan, events } = record;
  const found = [...plan.notMeasured];
  if (eventsOf(events, 'hints-delivered').some(({ data }) => !data.settled)) {
    found.push({ what: 'what hints alone bring back', why: 'they were not seen to be delivered in their time' });
  }
  if (eventsOf(events, 'repaired').some(({ data }) => !data.ok)) {
    found.push({ what: 'what repair brings back', why: 'the repair did not succeed' });
  }
  return found;
}

export function qualityOf(record: RunRecord, withoutShed: Verdict): Report['quality'] {
  const clocks = eventsOf(record.events, 'clock').map(({ data }) => data);
  return {
    stalls: eventsOf(record.events, 'stall').map(({ data: { client, from_us, to_us, cause } }) => ({
      client,
      from_us,
      to_us,
      cause,
    })),
    clients: eventsOf(record.events, 'client').map(({ data }) => ({
      client: data.client,
      lateness_us: quantiles(data.lateness_us),
      loop_us: quantiles(data.loop_us),
      gc_us: data.gc_us,
      cpu_us: data.cpu_us,
      ...(data.nice !== undefined && { nice: data.nice }),
      operations: data.operations,
    })),
    suspended_us: Math.max(0, ...clocks.map(({ suspended_us }) => suspended_us)),
    clockOffset_us:
      clocks.length === 0
        ? null
        : {
            lower: Math.min(...clocks.map(({ offset_us, bound_us }) => offset_us - bound_us)),
            upper: Math.max(...clocks.map(({ offset_us, bound_us }) => offset_us + bound_us)),
          },
    machine: machineOf(record),
    withoutShed,
  };
}

function quantiles({ n, p50, p99, max }: { n: number; p50: number; p99: number; max: number }): {
  n: number;
  p50: number;
  p99: number;
  max: number;
} {
  return { n, p50, p99, max };
}
