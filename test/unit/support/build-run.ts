import type { Attempt, ReadBackRow } from '../../../src/history/operation.ts';
import type { Plan } from '../../../src/scenario/plan.ts';
import type { OracleEvent, OracleInput } from '../oracle/input.ts';
import { attemptsOf, type Kind } from './attempts.ts';
import { goodCanary } from './canary.ts';
import { plannedFault, planOf } from './plan.ts';
import { readBackOf } from './read-back.ts';
import type { Sketch, SketchFault, SketchInstant, SketchTimetable } from './sketch.ts';

export const SITES = ['paris', 'london'];

/** Intended time of slot `k`. */
export function slotAt(table: Pick<SketchTimetable, 'start' | 'rate'>, k: number): number {
  return table.start + Math.floor((k * 1_000_000) / table.rate);
}

export function buildRun(sketch: Sketch): OracleInput {
  const probes = new Set(sketch.timetables.filter(({ service }) => service !== '').map(({ probe }) => probe));
  const canaries = sketch.canary ? [...probes].map(goodCanary) : [];
  const canary = {
    attempts: canaries.flatMap(({ attempts }) => attempts),
    readBack: canaries.flatMap(({ readBack }) => readBack),
    events: canaries.flatMap(({ events }) => events),
  };
  const { end } = sketch;
  const all = sketch.timetables
    .flatMap((table) => rowsOf(sketch, table))
    .filter((row) => end.kind !== 'client-died' || row.service !== 'ledger' || (row.completedUs ?? 0) <= end.at);
  const { readBack, events: readBackEvents } = readBackOf(sketch, all);
  const attempts = shuffled([...canary.attempts, ...all], sketch.shuffle);
  const events = [...canary.events, ...eventsOf(sketch), ...readBackEvents];
  return atEnd(sketch, { plan: planOfSketch(sketch), attempts, readBack: [...canary.readBack, ...readBack], events });
}

function planOfSketch(sketch: Sketch): Plan {
  const services = sketch.timetables
    .filter(({ service }) => service !== '')
    .map(({ service, probe, rate, timeout, slo, generator }) => {
      const entry = { probe, sites: SITES, client: 'outside', rate, timeout_us: timeout, latency: slo, params: {} };
      return [service, { ...entry, ...(generator && { generator }) }] as const;
    });
  return planOf({
    settings: sketch.settings,
    services: Object.fromEntries(services),
    timetables: sketch.timetables.map(({ probe, service, site, rate, timeout, generator }) => ({
      ...{ probe, service, site, client: 'outside', rate, timeout_us: timeout, writes: ['write'], params: {} },
      ...(generator && { generator }),
    })),
    ...(sketch.repair ? {} : { recovery: { repair: false } }),
    timeline: sketch.faults.map(({ id, disaster }) => plannedFault(id, disaster)),
    objectives: [...sketch.objectives],
  });
}

function rowsOf(sketch: Sketch, table: SketchTimetable): Attempt[] {
  const kinds: Kind[] = Array.from({ length: table.slots }, () => 'ok');
  for (const { at, kinds: patch } of table.patches) {
    patch.forEach((kind, i) => {
      if (at + i >= 0 && at + i < table.slots) kinds[at + i] = kind;
    });
  }
  return kinds.flatMap((kind, index) => {
    const intendedUs = slotAt(table, index);
    const moved = sketch.failoverAt !== null && intendedUs >= sketch.failoverAt;
    return attemptsOf(kind, {
      index,
      probe: table.probe,
      service: table.service,
      site: table.service === '' ? table.site : moved ? 'london' : 'paris',
      otherSite: moved ? 'paris' : 'london',
      client: 'outside',
      f: table.readEvery > 0 && index % table.readEvery === 0 ? 'read' : 'write',
      intendedUs,
      timeoutUs: table.timeout,
      okUs: 2_000 + ((index * 7_919) % table.spread),
      slowUs: 60_000,
    });
  });
}

function eventsOf(sketch: Sketch): OracleEvent[] {
  const events: OracleEvent[] = [
    { at_us: 0, type: 'run-started', data: { run: 'run-1', scenario: 'hand-written', harness: '0', node: '24' } },
    { at_us: 0, type: 'clock', data: { offset_us: 0, bound_us: 0, suspended_us: 0, at: 'start' } },
    ...sketch.phases.map(({ phase, at }): OracleEvent => ({ at_us: at, type: 'phase', data: { phase } })),
  ];
  let end = 0;
  for (const table of sketch.timetables) {
    const { probe, service, site, start, rate, timeout, slots } = table;
    const id = { probe, service, site, client: 'outside' };
    const started = { ...id, start_us: start, rate, timeout_us: timeout, writes: ['write'] };
    events.push({ at_us: start, type: 'timetable-started', data: started });
    const over = slotAt(table, slots) + timeout;
    events.push({ at_us: over, type: 'timetable-ended', data: { ...id, last: slots - 1 } });
    end = Math.max(end, over);
  }
  events.push(...sketch.faults.flatMap(faultEvents));
  if (sketch.failoverAt !== null) {
    const data = { service: 'ledger', from: 'paris', to: 'london', decided_us: sketch.failoverAt, reason: 'failures' };
    events.push({ at_us: sketch.failoverAt, type: 'failover', data });
  }
  end = Math.max(end, ...events.map(({ at_us }) => at_us), ...sketch.stages.map(({ atUs }) => atUs)) + 10_000;
  const clock = { offset_us: 0, bound_us: 0, suspended_us: 0, at: 'end' as const };
  events.push({ at_us: end, type: 'clock', data: clock });
  if (sketch.timetables.some(({ generator }) => generator !== undefined))
    events.push({ at_us: end, type: 'generator', data: { client: 'outside', generator: 'k6', dropped: 0 } });
  events.push({ at_us: end, type: 'run-ended', data: { outcome: 'completed', reason: '' } });
  return events;
}

function faultEvents(fault: SketchFault): OracleEvent[] {
  const { id, disaster } = fault;
  const data = (instant: SketchInstant) => ({
    ...{ fault: id, disaster, notBefore_us: instant.notBefore, notAfter_us: instant.notAfter, observed: 'seen' },
  });
  const events: OracleEvent[] = [];
  const { requested, effective, lapsed, released, gone } = fault;
  if (requested) {
    const more = { type: 'site-loss', target: 'paris', params: {} };
    events.push({ at_us: requested.notAfter, type: 'fault-requested', data: { ...data(requested), ...more } });
  }
  if (effective) events.push({ at_us: effective.notAfter, type: 'fault-effective', data: data(effective) });
  if (lapsed) events.push({ at_us: lapsed.notAfter, type: 'fault-lapsed', data: data(lapsed) });
  if (released) events.push({ at_us: released.notAfter, type: 'fault-release-requested', data: data(released) });
  if (gone) events.push({ at_us: gone.notAfter, type: 'fault-gone', data: data(gone) });
  return events;
}

/** What an abort or a kill leaves of the run. */
function atEnd(sketch: Sketch, run: OracleInput): OracleInput {
  const { end } = sketch;
  if (end.kind === 'completed') return run;
  if (end.kind === 'client-died') {
    const left = run.events.filter(({ type, data }) => type !== 'timetable-ended' || data.service !== 'ledger');
    return { ...run, events: left };
  }
  const events = run.events.filter(({ at_us, type }) => at_us < end.at && type !== 'run-ended');
  const readBack: ReadBackRow[] = run.readBack.filter(({ readUs }) => readUs < end.at);
  const begun = run.attempts.filter(({ invokedUs }) => invokedUs <= end.at);
  if (end.kind === 'killed') {
    return { ...run, events, readBack, attempts: begun.filter(({ completedUs }) => (completedUs ?? 0) <= end.at) };
  }
  const attempts = begun.map((row): Attempt => {
    if (row.completedUs !== null && row.completedUs <= end.at) return row;
    return { ...row, completedUs: null, outcome: row.f === 'write' ? 'info' : 'fail', error: 'unfinished' };
  });
  const lasts = sketch.timetables.map((table): OracleEvent => {
    let last = -1;
    while (last + 1 < table.slots && slotAt(table, last + 1) <= end.at) last += 1;
    const { probe, service, site } = table;
    return { at_us: end.at, type: 'timetable-ended', data: { probe, service, site, client: 'outside', last } };
  });
  const kept = events.filter(({ type, at_us }) => type !== 'timetable-ended' || at_us <= 1_000_000);
  const ended: OracleEvent = { at_us: end.at, type: 'run-ended', data: { outcome: 'aborted', reason: 'asked' } };
  return { ...run, readBack, attempts, events: [...kept, ...lasts, ended] };
}

/** The same rows in an order that `seed` chooses; 0 keeps it. */
function shuffled(rows: readonly Attempt[], seed: number): Attempt[] {
  if (seed === 0) return [...rows];
  const rank = (row: Attempt, i: number): number => ((i + 1) * 2_654_435_761 + seed * (row.index + 7)) % 4_294_967_291;
  return rows
    .map((row, i) => ({ row, rank: rank(row, i) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ row }) => row);
}
