import { formatDuration } from '../duration.ts';
import { componentBehind } from '../history/components.ts';
import type { Authorisation } from '../history/event.ts';
import { eventsOf } from '../history/read-journal.ts';
import { struckSites } from '../scenario/struck-sites.ts';
import type { Dora } from './dora-schema.ts';
import { missingLater } from './later-loss.ts';
import type { Report } from './report-schema.ts';
import type { RunRecord } from './run-record.ts';

type Figures = Omit<Report, 'dora'>;

/** People's word, as the journal's first event has it; null: the run needed none. */
export function authorisationOf({ events }: RunRecord): Dora['authorisation'] {
  const said: Authorisation | undefined = eventsOf(events, 'run-started')[0]?.data.authorisation;
  if (!said) return null;
  const { operator, ticket, approver, window } = said;
  return { operator, ticket, approver, from: window.from, to: window.to };
}

/** Which sites the timeline strikes, and what is left of each service. Beyond it: other sites that had an outage. */
export function blastRadiusOf({ plan, faults }: RunRecord, { views }: Pick<Report, 'views'>): Dora['blastRadius'] {
  const requested = faults.filter(({ report }) => report.requested !== null).map(({ report }) => report.target);
  const struck = [...new Set([...plan.timeline.flatMap(struckSites), ...requested])];
  const others = plan.platform.sites.map(({ name }) => name).filter((name) => !struck.includes(name));
  const hurt = views.filter(({ service, outages }) => service === '' && outages.length > 0).map(({ site }) => site);
  return {
    struck,
    untouched: others,
    services: Object.entries(plan.services).map(([service, { sites }]) => ({
      service,
      sites: [...sites],
      left: sites.filter((site) => !struck.includes(site)),
    })),
    beyond: others.filter((site) => hurt.includes(site)),
  };
}

/** What breaks such a run off. */
export function stopConditionsOf(record: RunRecord): Dora['stopConditions'] {
  const { stop, recovery } = record.plan;
  const window = authorisationOf(record);
  return [
    { condition: 'the lever is pulled', limit: 'at once' },
    { condition: 'a site that no fault strikes answers nothing', limit: `for ${formatDuration(stop.otherSite_us)}` },
    {
      condition: 'a service is below its level since the first fault',
      limit: stop.downtime_us === null ? 'no limit' : `for ${formatDuration(stop.downtime_us)} in all`,
    },
    { condition: 'the end of what the run was allowed', limit: window === null ? 'none was set' : window.to },
    {
      condition: 'a step of the recovery is not reached (the run heals and goes on)',
      limit: `within ${formatDuration(recovery.within_us)}`,
    },
  ];
}

export function stoppedBy({ events }: RunRecord): Dora['stopped'] {
  return eventsOf(events, 'stop-condition').map(({ at_us, data }) => ({
    at_us,
    condition: data.condition,
    observed: data.observed,
  }));
}

/** What went otherwise than planned, as the record shows it. */
export function deviationsOf(record: RunRecord, { run }: Pick<Report, 'run'>): Dora['deviations'] {
  const { events, faults } = record;
  const all = [
    ...(run.outcome === 'completed'
      ? []
      : [`the run did not go through: ${run.outcome}${run.reason === '' ? '' : `, ${run.reason}`}`]),
    ...run.defects.map((defect) => `the record has a defect: ${defect}`),
    ...faults.flatMap(({ unproven }) => (unproven === null ? [] : [unproven])),
    ...faults.filter(({ leftover }) => leftover).map(({ report }) => `the fault ${report.id} was not seen to be gone`),
    ...stoppedBy(record).map(({ condition, observed }) => `${condition}: ${observed}`),
    ...eventsOf(events, 'platform-event').map(({ data }) => `${data.kind}: ${data.what}`),
    ...eventsOf(events, 'hints-delivered').flatMap(({ data }) =>
      data.settled ? [] : ['hints were not seen to be delivered'],
    ),
    ...eventsOf(events, 'repaired').flatMap(({ data }) => (data.ok ? [] : ['the repair did not succeed'])),
    ...eventsOf(events, 'read-back-done').flatMap(({ data }) =>
      data.complete ? [] : [`the read-back ${data.stage} at ${data.site} was given up`],
    ),
    ...eventsOf(events, 'later-read').flatMap(({ data: { site, settled, complete } }) => [
      ...(complete ? [] : [`the read-back at ${site} of what was acknowledged since the disaster was given up`]),
      ...(settled === false
        ? [`hints were not seen to be delivered before what was missing at ${site} was read again`]
        : []),
    ]),
  ];
  const more = all.length - MAX_DEVIATIONS;
  return more > 0 ? [...all.slice(0, MAX_DEVIATIONS), `and ${more} more, in the journal`] : all;
}

/** Of a list that people read. */
const MAX_DEVIATIONS = 200;

/** Each detector's first alarm of each fault, from the fault's effect. */
export function detectionOf({ events, faults }: RunRecord): Dora['detection'] {
  const seen = new Set<string>();
  const first = eventsOf(events, 'detected').filter(({ data: { fault, detector } }) => {
    const key = JSON.stringify([fault, detector]);
    return !seen.has(key) && seen.add(key);
  });
  return first.map(({ at_us, data: { fault, detector, simulated } }) => {
    const report = faults.find((one) => one.report.id === fault)?.report;
    const named = { fault, detector, simulated };
    if (!report?.effective) return { ...named, elapsed_us: null, note: 'the fault was not shown to be effective' };
    if (at_us < (report.requested?.notBefore_us ?? report.effective.notBefore_us))
      return { ...named, elapsed_us: null, note: 'raised before the fault: it detects nothing' };
    const { notBefore_us, notAfter_us } = report.effective;
    const elapsed_us = { lower: Math.max(0, at_us - notAfter_us), upper: Math.max(0, at_us - notBefore_us) };
    return { ...named, elapsed_us, note: '' };
  });
}

const INDEX_KINDS = ['index-without-element', 'element-without-index'] as const;
const TWICE_KINDS = ['duplicate-key', 'shared-id'] as const;

/** What was held against what, and how much of it was missing, there twice, or another. */
export function reconciliationOf({ plan }: RunRecord, report: Figures): Dora['reconciliation'] {
  const stores = report.rpo.flatMap((row): Dora['reconciliation'] => {
    const own =
      row.service !== null && Object.hasOwn(plan.services, row.service) ? plan.services[row.service] : undefined;
    const probe = row.service === null ? null : (own?.probe ?? '');
    const store = componentBehind(probe ?? '') ?? probe;
    const last = report.readBack.filter((read) => (probe === null || read.probe === probe) && read.stage !== 'canary');
    return [
      {
        what:
          probe === null
            ? 'all acknowledged writes, those of the sites’ own probes too, and the stores, at every site'
            : `acknowledged writes of ${row.service} and ${store}, at every site`,
        checked: row.ledger + row.stranded.total,
        missing: row.lostInAll,
        duplicate: row.phantom,
        diverged: last.length === 0 ? null : Math.max(...last.map(({ counts }) => counts.corrupt ?? 0)),
        note: row.lostInAll === null ? row.note || 'the last read-back was not complete' : row.note,
      },
    ];
  });
  return [...stores, ...laterRows(report), ...graphRows(report), ...registerRows(report)];
}

function laterRows({ later }: Figures): Dora['reconciliation'] {
  const all = later?.writes.find(({ service }) => service === null);
  if (!later || !all) return [];
  const { during, after, repeated, byState } = all;
  return [
    {
      what: 'writes that were acknowledged since the disaster, by sites that no failover left, and the stores, at every site',
      checked: during.acknowledged + after.acknowledged,
      missing: missingLater(later),
      duplicate: repeated,
      diverged: (byState.corrupt ?? 0) + (byState['other value'] ?? 0),
      note: later.places.every(({ complete }) => complete) ? '' : 'not looked for to the end at every site',
    },
  ];
}

function graphRows({ integrity }: Figures): Dora['reconciliation'] {
  if (!integrity) return [];
  const after = integrity.places.filter(({ stage }) => stage === 'after');
  const whole = after.length > 0 && after.every(({ complete }) => complete);
  const sum = (kinds: readonly (typeof INDEX_KINDS | typeof TWICE_KINDS)[number][]): number | null =>
    whole
      ? after.reduce((all, { anomalies }) => all + kinds.reduce((some, kind) => some + (anomalies[kind] ?? 0), 0), 0)
      : null;
  const checked = after.reduce((all, { transactions }) => all + transactions, 0);
  const note = whole ? '' : integrity.note || 'not looked over to the end at every site';
  const differ = integrity.found.filter(({ kind }) => kind === 'sites-differ').length;
  return [
    {
      what: 'graph and its indexes, at each site',
      checked,
      missing: null,
      duplicate: sum(TWICE_KINDS),
      diverged: sum(INDEX_KINDS),
      note,
    },
    {
      what: 'graph, site against site',
      checked,
      missing: null,
      duplicate: null,
      diverged: whole && integrity.omitted === 0 ? differ : null,
      note,
    },
  ];
}

function registerRows({ lastWriteWins = [] }: Figures): Dora['reconciliation'] {
  return lastWriteWins.map(({ probe, acknowledged, undone, unproven }) => ({
    what: `acknowledged overwrites of ${probe}`,
    checked: acknowledged - unproven,
    missing: null,
    duplicate: null,
    diverged: undone,
    note: unproven === 0 ? '' : `${unproven} were not looked at in time`,
  }));
}

const TWO_HOURS_US = 7_200_000_000;

/** RTO against the two hours of RTS 24(2) to (4), where the profile is one that they bind. */
export function twoHoursOf(
  { plan }: RunRecord,
  { views, objectives }: Pick<Report, 'views' | 'objectives'>,
): Dora['twoHours'] {
  const profile = plan.declared?.profile;
  if (profile === undefined || profile === 'bank') return null;
  return views
    .filter(({ service }) => service !== '')
    .map(({ service, rto }) => {
      // What no objective could be judged by is no figure here either.
      const judged = objectives.find(({ objective }) => objective.metric === 'rto' && objective.service === service);
      const bounds = rto.state === 'unknown' || judged?.verdict === 'unknown' ? null : rto.bounds;
      const within =
        bounds === null
          ? null
          : bounds.lower > TWO_HOURS_US
            ? false
            : (bounds.upper ?? Infinity) <= TWO_HOURS_US
              ? true
              : null;
      return { service, rto_us: bounds, within };
    });
}
