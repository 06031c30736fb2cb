import type { Report, View } from '../check/report-schema.ts';
import type { ServicePhase } from '../scenario/plan.ts';

export interface PhaseSpan {
  readonly phase: ServicePhase;
  readonly fromUs: number;
  readonly toUs: number;
}

/**
 * The phases of a view by intended time: `before` until the disaster is requested, `outage` to the earlier of up and gone (empty if never down),
 * `failed-over` until gone, `after` from then on. Empty where no disaster was requested.
 */
export function phaseSpans(report: Report, view: View, endUs: number): PhaseSpan[] {
  const fault = report.faults.find((one) => one.disaster) ?? report.faults[0];
  const requested = fault?.requested?.notBefore_us;
  if (fault === undefined || requested === undefined) return [];
  const gone = fault.gone?.notAfter_us ?? endUs;
  const outage = view.outages.find((one) => (one.up_us ?? endUs) > requested && one.down_us < gone);
  const up = outage === undefined ? requested : Math.min(outage.up_us ?? endUs, gone);
  const spans: PhaseSpan[] = [
    { phase: 'before', fromUs: 0, toUs: requested },
    { phase: 'outage', fromUs: requested, toUs: up },
    { phase: 'failed-over', fromUs: up, toUs: gone },
    { phase: 'after', fromUs: gone, toUs: endUs },
  ];
  return spans.filter((span) => span.toUs > span.fromUs);
}
