import { detectionTime } from '../detect/health-check.ts';
import { formatDuration } from '../duration.ts';
import { clockFindings } from './clock-findings.ts';
import { entryOf } from './entry.ts';
import { goneUs } from './expected-duration.ts';
import { endings } from './in-force.ts';
import type { Plan } from './plan.ts';
import type { Path } from './problem.ts';
import { restoreFindings } from './restore-findings.ts';
import { QUANTILES } from './rules.ts';
import type { Registries } from './schema.ts';
import { hitAtWorst } from './strikes.ts';
import { struckSites } from './struck-sites.ts';
import { slowestWindowUs, WINDOWS_THAT_HOLD, windowUs } from './windows.ts';

/** What a plan shows before it runs. `error`: the run could not decide what it is for; `warning`: it may not; `note`: worth knowing. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'note';
  /** Where in the scenario. */
  readonly path: Path;
  readonly text: string;
}

/** Contradictions and weaknesses of a plan, without anything having run. In a fixed order. */
export function planFindings(plan: Plan, registries: Registries): readonly Finding[] {
  return [
    ...steadyStateFindings(plan),
    ...objectiveFindings(plan),
    ...timelineFindings(plan, registries.faults),
    ...restoreFindings(plan, registries.faults),
    ...survivorFindings(plan, registries),
    ...siteProbeFindings(plan),
    ...detectionFindings(plan),
    ...stopFindings(plan),
    ...clockFindings(plan),
  ];
}

function stopFindings({ timetables, timeline }: Plan): readonly Finding[] {
  if (timeline.length === 0 || timetables.some(({ service }) => service === '')) return [];
  return [
    {
      severity: 'warning',
      path: ['siteProbes'],
      text: 'without probes of the sites nobody sees whether another site fails meanwhile: the run would not break off',
    },
  ];
}

/** One that is shorter would miss what is on its way. */
const SHORTEST_DEAD_MAN_US = 75_000_000;

/** Promises that their own configuration makes impossible, and faults that end before anybody could notice. */
function detectionFindings({
  detectors: { health, driver, nodetool, alerts },
  promises,
  timeline,
}: Plan): readonly Finding[] {
  const promised = promises.detection_us;
  const findings: Finding[] = [];
  if (promised !== null && !health && !driver && !nodetool && !alerts)
    findings.push({
      severity: 'note',
      path: ['promises', 'detection'],
      text: 'nothing detects here: what is shown is when the clients could know',
    });
  if (alerts && alerts.deadMan_us < SHORTEST_DEAD_MAN_US)
    findings.push({
      severity: 'error',
      path: ['detectors', 'alerts', 'deadMan'],
      text: `expected at least ${formatDuration(SHORTEST_DEAD_MAN_US)}, as the alert that always fires comes every 30 s to 60 s, got ${formatDuration(alerts.deadMan_us)}`,
    });
  if (!health) return findings;
  const settings = { everyMs: health.every_us / 1000, timeoutMs: health.timeout_us / 1000, failures: health.failures };
  const { leastMs, mostMs } = detectionTime(settings);
  const said = `${health.failures} failures every ${formatDuration(health.every_us)} take at least ${formatDuration(leastMs * 1000)}`;
  if (promised !== null && leastMs * 1000 >= promised)
    findings.push({
      severity: 'warning',
      path: ['promises', 'detection'],
      text: `a promise that its own configuration makes impossible: detection ${promised === 0 ? 'at once' : `in ${formatDuration(promised)}`}, while ${said}`,
    });
  const longest = Math.max(0, ...timeline.map(({ for_us }) => for_us));
  if (timeline.length > 0 && longest < mostMs * 1000)
    findings.push({
      severity: 'warning',
      path: ['detectors', 'health'],
      text: `it may take ${formatDuration(mostMs * 1000)}, and no fault is held for longer than ${formatDuration(longest)}: the alarm may never come`,
    });
  return findings;
}

function steadyStateFindings({ services, settings, steadyState, timeline, jitter_us }: Plan): readonly Finding[] {
  const findings: Finding[] = [];
  const path = ['steadyState', 'for'];
  for (const [name, { rate }] of Object.entries(services)) {
    const window = windowUs(rate, settings.windowOperations);
    const needed = Math.ceil(1.1 * WINDOWS_THAT_HOLD * window);
    if (steadyState.for_us < needed)
      findings.push({
        severity: 'error',
        path,
        text:
          `expected at least ${formatDuration(needed)}: ${WINDOWS_THAT_HOLD} windows of ${formatDuration(window)} each ` +
          `(${name} at ${rate}/s, ${settings.windowOperations} operations a window) and 10 %, got ${formatDuration(steadyState.for_us)}`,
      });
    const [first] = timeline;
    if (!first) continue;
    const before = steadyState.for_us + first.at_us + jitter_us;
    if (before < settings.sustain_us + window)
      findings.push({
        severity: 'warning',
        path,
        text:
          `the steady state of ${name} may stay unknown: to the first fault there may be only ${formatDuration(before)}, ` +
          `and it must last ${formatDuration(settings.sustain_us)} and one window of ${formatDuration(window)}; let the first fault come later`,
      });
  }
  return findings;
}

function objectiveFindings(plan: Plan): readonly Finding[] {
  const findings: Finding[] = [];
  for (const objective of plan.objectives) {
    const service = objective.service === null ? undefined : plan.services[objective.service];
    if (objective.metric === 'latency' && service) {
      const path = ['objectives', objective.id.split('/')[0] ?? ''];
      if (objective.phase === 'failed-over' && service.sites.length === 1)
        findings.push({
          severity: 'error',
          path,
          text: `${objective.id}: ${objective.service} has one site, so it never fails over`,
        });
      if (objective.phase === 'outage')
        findings.push({
          severity: 'warning',
          path,
          text: `${objective.id}: an outage has few ok operations; below 200, or below the floor, this stays unknown`,
        });
      if (objective.target_us >= service.timeout_us)
        findings.push({
          severity: 'warning',
          path,
          text: `${objective.id}: the target is not below the timeout of ${formatDuration(service.timeout_us)}: no ok operation could miss it but by waiting`,
        });
      if (objective.quantile !== QUANTILES.p95 && service.latency?.quantile === QUANTILES.p95)
        findings.push({
          severity: 'note',
          path,
          text: `${objective.id}: judged on the phase; the windows of RTO are judged on p95`,
        });
    }
    if (objective.metric === 'rto' && service && service.sites.length > 1 && plan.timeline.length > 0) {
      const policy = service.timeout_us + Math.ceil((plan.failover.after * 1_000_000) / service.rate);
      if (policy >= objective.target_us)
        findings.push({
          severity: 'warning',
          path: ['objectives', 'rto'],
          text: `${objective.id}: the timeout and ${plan.failover.after} failures may take ${formatDuration(policy)} by themselves, which is not within ${formatDuration(objective.target_us)}`,
        });
    }
    if (objective.metric === 'availability') {
      const budget = Math.round((1 - objective.target) * objective.over_us);
      const rto = plan.objectives.find((one) => one.metric === 'rto' && one.service === objective.service);
      if (rto?.metric === 'rto' && rto.target_us > budget)
        findings.push({
          severity: 'note',
          path: ['objectives', 'availability'],
          text:
            `contradiction: ${rto.id} allows ${formatDuration(rto.target_us)}, ${objective.id} allows ${formatDuration(budget)} ` +
            `in ${formatDuration(objective.over_us)}: an outage that meets the first may miss the second`,
        });
    }
    if (objective.metric === 'rpo' && objective.target_us === 0) {
      const local = Object.entries(plan.services).filter(([, { params }]) =>
        String(params.consistency ?? '').startsWith('LOCAL_'),
      );
      if (local.length > 0)
        findings.push({
          severity: 'note',
          path: ['objectives', 'rpo'],
          text: `${objective.id}: no loss at all is asked of ${local.map(([name]) => name).join(', ')}, whose writes one site alone acknowledges (${local[0]?.[1].params.consistency})`,
        });
    }
  }
  return findings;
}

function timelineFindings(plan: Plan, faults: Registries['faults']): readonly Finding[] {
  const findings: Finding[] = [];
  const { timeline, settings } = plan;
  const windows = WINDOWS_THAT_HOLD * slowestWindowUs(plan);
  const ends = endings(timeline);
  for (const [i, fault] of timeline.entries()) {
    const next = timeline[i + 1];
    const end = fault.at_us + fault.for_us;
    if (!fault.disaster && fault.for_us < 1_000_000)
      findings.push({
        severity: 'warning',
        path: [...entryOf(plan, i), 'for'],
        text: `${fault.id} is held for less than the second after which it is observed again`,
      });
    if (fault.disaster && fault.for_us < windows + settings.sustain_us)
      findings.push({
        severity: 'note',
        path: [...entryOf(plan, i), 'for'],
        text:
          `${fault.id} is held longer than ${formatDuration(fault.for_us)} where that takes longer: until ${WINDOWS_THAT_HOLD} windows hold at the survivor (${formatDuration(windows)}) ` +
          `and what was acknowledged has been read back; whether it lasts for ${formatDuration(settings.sustain_us)} is seen after it as well`,
      });
    if (fault.disaster && next) {
      const observed = next.at_us - fault.at_us;
      if (observed < windows + settings.sustain_us)
        findings.push({
          severity: observed < windows ? 'error' : 'warning',
          path: [...entryOf(plan, i + 1), 'at'],
          text: `${next.id} ends the observation of ${fault.id} after ${formatDuration(observed)}; an RTO takes ${formatDuration(windows)} and ${formatDuration(settings.sustain_us)} to be decided`,
        });
    }
    const endUs = ends[i] ?? null;
    const follows = endUs === null ? undefined : timeline.find(({ at_us }) => at_us >= endUs);
    if (follows && endUs !== null && follows.at_us - endUs < goneUs(fault.type, faults))
      findings.push({
        severity: 'note',
        path: [...entryOf(plan, i), 'for'],
        text: `${follows.id} may come later than at ${formatDuration(follows.at_us)}: ${fault.id} ends ${formatDuration(follows.at_us - endUs)} before it, and takes about ${formatDuration(goneUs(fault.type, faults))} to be gone`,
      });
    const other = timeline.find(
      (one, j) => j > i && struckSites(one).includes(fault.site) && one.at_us < end && end < one.at_us + one.for_us,
    );
    if (other)
      findings.push({
        severity: 'note',
        path: [...entryOf(plan, i), 'for'],
        text: `${fault.id} ends while ${other.id} still holds ${fault.site}: that it is gone can only be seen once ${fault.site} serves again`,
      });
  }
  return findings;
}

function survivorFindings(plan: Plan, { probes, faults }: Registries): readonly Finding[] {
  const { services, timeline, guard } = plan;
  const findings: Finding[] = [];
  for (const [name, { sites, probe }] of Object.entries(services)) {
    const { ever, worst } = hitAtWorst(timeline, probes.get(probe)?.component, sites, faults);
    const path = [services[name]?.generator ? 'load' : 'services', name, 'sites'];
    if (sites.every((site) => worst.includes(site)))
      findings.push({
        severity: guard.lastSite ? 'warning' : 'error',
        path,
        text:
          `${name} has no survivor: a fault strikes each of its sites (${sites.join(', ')})` +
          (guard.lastSite ? '' : '; where that is meant, say so: guard: { lastSite: may be taken }'),
      });
    else if (sites.every((site) => ever.includes(site)))
      findings.push({
        severity: 'note',
        path,
        text: `a fault strikes each site of ${name} (${sites.join(', ')}), and never all of them at once`,
      });
  }
  const index = timeline.findIndex(({ disaster }) => disaster);
  const site = timeline[index]?.site;
  if (site !== undefined && Object.values(services).every(({ sites }) => !sites.includes(site)))
    findings.push({
      severity: 'warning',
      path: [...entryOf(plan, index), 'fault', 'site'],
      text: `no service uses ${site}: no client would see the disaster`,
    });
  return findings;
}

function siteProbeFindings({ services, timetables }: Plan): readonly Finding[] {
  if (timetables.every(({ service }) => service !== '')) return [];
  const first = new Map<string, { name: string; settings: string }>();
  const findings: Finding[] = [];
  for (const [name, { probe, client, timeout_us, params, generator }] of Object.entries(services)) {
    if (generator) continue;
    const settings = JSON.stringify([timeout_us, params]);
    const known = first.get(`${probe} ${client}`);
    if (!known) first.set(`${probe} ${client}`, { name, settings });
    else if (known.settings !== settings)
      findings.push({
        severity: 'note',
        path: ['services', name],
        text: `each site is probed with the timeout and parameters of ${known.name}, which differ from those of ${name}`,
      });
  }
  return findings;
}
