import type { Alarm } from '../detect/protocol.ts';
import { FAULTS } from '../faults/registry.ts';
import { standsOn } from '../platform/components.ts';
import { PROBES } from '../probes/registry.ts';
import type { Plan } from '../scenario/plan.ts';
import { strikes } from '../scenario/strikes.ts';
import { struckSites } from '../scenario/struck-sites.ts';
import type { FaultLease } from './fault-lease.ts';

type Fault = Pick<FaultLease, 'planned' | 'requested' | 'requestedUs' | 'gone'>;

/** Whether an alarm is one of those that the plan looks for: of alerts these are named, and any other says something else. */
export function isExpected({ alert }: Pick<Alarm, 'alert'>, { detectors }: Pick<Plan, 'detectors'>): boolean {
  return alert === undefined || (detectors.alerts?.expect.includes(alert) ?? false);
}

/**
 * The fault that an alarm detects, and of which services: those that stand on what it is about; an alert about what none stands on is the detection of the fault all the
 * same, and has `undefined` in their place. Null: it says nothing of a fault, or nobody knows of which.
 */
export function attribute(
  alarm: Alarm,
  plan: Plan,
  faults: readonly Fault[],
  nowUs: number,
): { readonly fault: string; readonly services: readonly (string | undefined)[] } | null {
  const { type, site, component, alert, failingForMs = 0 } = alarm;
  // Requested, not yet effective: what ends in good order says so before it is gone. Of two at one site nobody knows which was noticed.
  const [fault, ...more] = faults.filter(
    ({ planned, requested, gone }) => struckSites(planned).includes(site) && requested && !gone,
  );
  if (type === 'clear' || !fault || more.length > 0 || !isExpected(alarm, plan)) return null;
  // What began to fail before the fault was requested noticed something else.
  if (nowUs - failingForMs * 1_000 < fault.requestedUs) return null;
  if (!strikes(fault.planned, component ?? undefined, FAULTS)) return null;
  const services = servicesOn(plan, site, component);
  const ofMonitoring = alert !== undefined || component === 'prometheus';
  return { fault: fault.planned.id, services: services.length === 0 && ofMonitoring ? [undefined] : services };
}

/** The services that stand on a component of a site: a graph is struck with its store. Null: every one that uses the site. */
function servicesOn(plan: Pick<Plan, 'services'>, site: string, component: string | null): readonly string[] {
  return Object.entries(plan.services).flatMap(([name, { probe, sites }]) => {
    const own = PROBES.get(probe)?.component;
    return sites.includes(site) && (component === null || standsOn(own, component)) ? [name] : [];
  });
}
