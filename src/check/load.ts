import type { EventData } from '../history/event.ts';
import { eventsOf } from '../history/read-journal.ts';
import { SERVICE_PHASES, type ServicePhase } from '../scenario/plan.ts';
import type { Load, LoadPhase, LoadUsage } from './load-schema.ts';
import type { RunRecord } from './run-record.ts';
import type { JudgedView } from './views.ts';

/** Share of the machine's processors from which the machine, not the platform, is taken to be the limit. */
const SATURATED = 0.9;

/** What was made of the load of a run; null: it has none. */
export function loadOf(record: RunRecord, views: readonly JudgedView[]): Load | null {
  const { plan, events } = record;
  const services = Object.keys(plan.services).filter((name) => plan.services[name]?.generator !== undefined);
  if (services.length === 0) return null;
  const mine = views.filter(({ service }) => services.includes(service));
  const counted = eventsOf(events, 'generator').map(({ data }) => data.dropped);
  const generators = new Set(services.map((name) => plan.services[name]?.client)).size;
  return {
    generator: 'k6',
    services,
    offered: services.reduce((sum, name) => sum + (plan.services[name]?.rate ?? 0), 0),
    dropped: counted.length < generators ? null : counted.reduce((sum, dropped) => sum + dropped, 0),
    phases: SERVICE_PHASES.map((phase) => phaseOf(record, mine, services.length, phase)),
  };
}

function phaseOf(record: RunRecord, views: readonly JudgedView[], expected: number, phase: ServicePhase): LoadPhase {
  const sum = (of: 'operations' | 'ok' | 'notSent'): number =>
    views.reduce((total, { withShed }) => total + withShed.latencies[phase][of], 0);
  return {
    phase,
    operations: sum('operations'),
    ok: sum('ok'),
    notSent: sum('notSent'),
    throughput: views.length < expected ? null : throughputOf(views, phase, 'withShed'),
    usage: usageIn(record, phase),
  };
}

/**
 * Acknowledged operations a second of all the load together. A service's phase is as long as its operations take to be due, so that each
 * contributes its rate times its share of ok; null where one of them has no operation in the phase.
 */
export function throughputOf(
  views: readonly JudgedView[],
  phase: ServicePhase,
  which: 'withShed' | 'withoutShed',
): number | null {
  const each = views.map(({ view, [which]: { latencies } }) => {
    const { operations, ok } = latencies[phase];
    return operations === 0 ? null : (view.rate * ok) / operations;
  });
  return each.includes(null) ? null : each.reduce<number>((sum, rate) => sum + (rate ?? 0), 0);
}

/** Means over what was seen between the instants that bound a phase for every service: before the first fault, until the last is gone, after that. */
function usageIn({ events, requested, requestedUs }: RunRecord, phase: ServicePhase): LoadUsage | null {
  const faultUs = requestedUs[0] ?? Number.POSITIVE_INFINITY;
  const goneUs = Math.max(faultUs, ...requested.map(({ goneUs }) => goneUs));
  const fromUs = { before: 0, outage: faultUs, 'failed-over': faultUs, after: goneUs }[phase];
  const toUs = { before: faultUs, outage: goneUs, 'failed-over': goneUs, after: Number.POSITIVE_INFINITY }[phase];
  const looks = eventsOf(events, 'usage')
    .map(({ data }) => data)
    .filter(({ from_us, to_us }) => from_us >= fromUs && to_us <= toUs);
  return looks.length === 0 ? null : meanOf(looks);
}

function meanOf(looks: readonly EventData['usage'][]): LoadUsage {
  const total = looks.reduce((sum, { from_us, to_us }) => sum + to_us - from_us, 0);
  const mean = (of: (look: EventData['usage']) => number): number => {
    const sum = looks.reduce((all, look) => all + of(look) * (look.to_us - look.from_us), 0);
    return Math.round((1000 * sum) / total) / 1000;
  };
  const labels = [...new Set(looks.flatMap(({ by }) => Object.keys(by)))].sort();
  const known = ({ by }: EventData['usage']): number => Object.values(by).reduce((sum, used) => sum + used, 0);
  return {
    cores: Math.max(...looks.map(({ cores }) => cores)),
    busy: mean(({ busy }) => busy),
    by: {
      ...Object.fromEntries(labels.map((label) => [label, mean(({ by }) => by[label] ?? 0)])),
      // The harness's clients, the kernel, and neighbours that nobody asked for.
      'everything else': mean((look) => Math.max(0, look.busy * look.cores - known(look))),
    },
  };
}

/** What the processors were busy with, for who asks what the limit was; empty where it is not known. */
export function limitWords(usage: LoadUsage | null): string {
  if (usage === null) return '';
  const { cores, busy, by } = usage;
  const parts = Object.entries(by)
    .sort(([, a], [, b]) => b - a)
    .map(([label, used]) => `${label} ${used.toFixed(2)}`);
  const percent = `${(100 * busy).toFixed(0)} %`;
  const of = `of ${cores} processors: ${parts.join(', ')}`;
  return busy >= SATURATED
    ? `the machine was the limit, ${percent} busy (${of})`
    : `the machine was ${percent} busy (${of})`;
}
