import { eventsOf } from '../history/read-journal.ts';
import { perSecond } from '../scenario/drill-file.ts';
import { durationMs } from '../scenario/values.ts';
import type { Dora } from './dora-schema.ts';
import type { Report, RtoClock, View } from './report-schema.ts';
import type { RunRecord } from './run-record.ts';

type Figures = Pick<Report, 'views' | 'rpo' | 'timeline' | 'run'>;
type Dwell = Dora['dwell'][number];

/** From the failover to the failback, or to the last step that was recorded. */
interface Stay {
  readonly sites: readonly string[];
  readonly fromUs: number;
  readonly toUs: number;
  readonly returned: boolean;
}

/** How long each service was served away from its first site since the disaster, and with what level meanwhile (RTS 25(2)). */
export function dwellOf(record: RunRecord, report: Figures): Dora['dwell'] {
  const required = record.plan.declared?.dwell;
  const requiredUs = required === undefined ? null : Math.round(durationMs(required) * 1000);
  return servicesOf(report).map((view) => dwellOfService(view, longestStay(record, report, view), report, requiredUs));
}

function dwellOfService(view: View, stay: Stay | null, report: Figures, requiredUs: number | null): Dwell {
  const { service } = view;
  const none = { service, sites: [], reached_us: { lower: 0, upper: 0 }, required_us: requiredUs, meanwhile: null };
  if (stay === null)
    return { ...none, met: requiredUs === null ? null : false, note: 'it was not moved to another site' };
  const lengthUs = stay.toUs - stay.fromUs;
  const restored = clockOf(view, 'SLO restored');
  // A service that was never down has its level all the time.
  const levelFromUs =
    view.rto.state === 'none'
      ? stay.fromUs
      : Math.max(stay.fromUs, restored?.at?.notAfter_us ?? Number.POSITIVE_INFINITY);
  const lower = Math.max(0, Math.min(lengthUs, stay.toUs - levelFromUs));
  const meanwhile = lower === 0 ? null : levelMeanwhile(view, report, levelFromUs, stay.toUs);
  const broken = meanwhile !== null && meanwhile.outages + meanwhile.violatingWindows > 0;
  const notes = [
    ...(lower === 0 ? [`its level was not seen to be restored there: ${restored?.note || 'no such instant'}`] : []),
    ...(broken ? ['its level did not hold all the time'] : []),
    ...(stay.returned ? [] : ['it was not moved back; counted to the last step that was recorded']),
  ];
  return {
    ...none,
    sites: [...stay.sites],
    reached_us: { lower, upper: Math.max(0, lengthUs) },
    met: requiredUs === null ? null : judge(lower, lengthUs, requiredUs, broken),
    meanwhile,
    note: notes.join('; '),
  };
}

/** On the worst end: where the level broke meanwhile, it was not served for so long. */
function judge(lower: number, upper: number, requiredUs: number, broken: boolean): boolean | null {
  if (upper < requiredUs || (broken && lower >= requiredUs)) return false;
  return lower >= requiredUs ? true : null;
}

function levelMeanwhile(view: View, { timeline }: Figures, fromUs: number, toUs: number): Dwell['meanwhile'] {
  const series = timeline.series.find((one) => one.service === view.service);
  const steps = (series?.buckets ?? []).filter(({ t_us }) => t_us >= fromUs && t_us + timeline.bucket_us <= toUs);
  const meets = (from: number, to: number | null): boolean => from < toUs && (to ?? Number.POSITIVE_INFINITY) > fromUs;
  const ok = steps.reduce((sum, step) => sum + step.ok, 0);
  return {
    operations: steps.reduce((sum, { fail, info, shed, gaps }) => sum + fail + info + shed + gaps, ok),
    ok,
    outages: view.outages.filter(({ down_us, up_us }) => meets(down_us, up_us)).length,
    violatingWindows: view.violatingWindows.filter(({ from_us, to_us }) => meets(from_us, to_us)).length,
    worstP95_us: steps.reduce<number | null>(
      (worst, { p95 }) => (p95 === null ? worst : Math.max(worst ?? 0, p95)),
      null,
    ),
  };
}

/** The way back of each service, and what the alternate had acknowledged and is not at the first site. */
export function failbackOf(record: RunRecord, report: Figures): Dora['failback'] {
  return servicesOf(report).map((view) => {
    const { service } = view;
    const first = firstSiteOf(record, service);
    const back = record.failbacks.findLast((move) => move.service === service && move.to === first);
    const done = clockOf(view, 'failed back');
    const read = report.rpo.find((row) => row.service === service)?.failback ?? null;
    const length_us =
      back && done?.at
        ? {
            lower: Math.max(0, done.at.notBefore_us - back.decided_us),
            upper: Math.max(0, done.at.notAfter_us - back.decided_us),
          }
        : null;
    const notes = [
      ...(length_us === null ? [done?.note || 'no such instant'] : []),
      ...(read === null ? ['what the alternate acknowledged was not read back at the first site'] : []),
    ];
    return { service, length_us, asked: read?.asked ?? null, missing: read?.missing ?? null, note: notes.join('; ') };
  });
}

/** The load that was offered against the declared peak, and whether it was borne with a site less (DORA 7(c), (d)). */
export function loadOf(record: RunRecord, report: Figures, dwell: Dora['dwell']): Dora['load'] {
  const proven = record.faults.length > 0 && record.faults.every(({ unproven }) => unproven === null);
  return servicesOf(report).map((view) => {
    const { service, rate } = view;
    const peaks = record.plan.declared?.peakLoad ?? {};
    const said = Object.hasOwn(peaks, service) ? peaks[service] : undefined;
    const peak = said === undefined ? null : perSecond(said);
    const meanwhile = dwell.find((one) => one.service === service)?.meanwhile ?? null;
    const held = meanwhile === null || !proven ? null : meanwhile.outages + meanwhile.violatingWindows === 0;
    return { service, offered: rate, peak, share: peak === null ? null : rate / peak, heldWithoutSite: held };
  });
}

function firstSiteOf({ plan }: RunRecord, service: string): string | undefined {
  return Object.hasOwn(plan.services, service) ? plan.services[service]?.sites[0] : undefined;
}

function servicesOf({ views }: Figures): readonly View[] {
  return views.filter(({ service }) => service !== '');
}

function clockOf({ clocks }: View, name: RtoClock['clock']): RtoClock | undefined {
  return clocks.find(({ clock }) => clock === name);
}

/** Null: the service was never moved away from its first site since the disaster was requested. */
function longestStay(record: RunRecord, { timeline }: Figures, { service }: View): Stay | null {
  const first = firstSiteOf(record, service);
  const since = record.disaster?.requestedUs;
  if (first === undefined || since === undefined) return null;
  const moves = [...eventsOf(record.events, 'failover'), ...eventsOf(record.events, 'failback')]
    .map(({ data }) => data)
    .filter((move) => move.service === service)
    .toSorted((a, b) => a.decided_us - b.decided_us);
  const lastUs = timeline.series.find((one) => one.service === service)?.buckets.at(-1)?.t_us ?? since;
  const stays: Stay[] = [];
  let open: { sites: string[]; fromUs: number } | null = null;
  for (const { to, decided_us } of moves) {
    if (to !== first) {
      open ??= { sites: [], fromUs: decided_us };
      open.sites.push(to);
    } else if (open !== null) {
      stays.push({ ...open, toUs: decided_us, returned: true });
      open = null;
    }
  }
  if (open !== null) stays.push({ ...open, toUs: Math.max(open.fromUs, lastUs), returned: false });
  const counted = stays.filter(({ fromUs }) => fromUs >= since);
  return counted.toSorted((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs))[0] ?? null;
}
