import { CANARY_SERVICE } from '../history/operation.ts';
import type { Plan, Timetable } from '../scenario/plan.ts';
import { readBack, targetOf } from './reading.ts';
import type { Session } from './session.ts';
import { pause } from './wait.ts';

/** Before and after the refusal: enough for a run of successes on both sides. */
const CALM_US = 1_500_000;
const NOTICE_US = 200_000;

/** One timetable for each probe and place of clients of the plan, under the service name `canary`. */
export function canaryTimetables(plan: Plan): readonly Timetable[] {
  const found = new Map<string, Timetable>();
  for (const { probe, client, timeout_us, params, writes } of plan.timetables) {
    const one = {
      probe,
      service: CANARY_SERVICE,
      site: '',
      client,
      rate: plan.canary.rate,
      timeout_us,
      writes,
      params,
    };
    found.set(`${probe} ${client}`, found.get(`${probe} ${client}`) ?? one);
  }
  return [...found.values()];
}

/** Where canaries go: the first site of the first service. */
export function canarySite(plan: Plan): string {
  return Object.values(plan.services)[0]?.sites[0] ?? (plan.platform.sites[0]?.name as string);
}

/**
 * The instrument proves itself: an outage of a known length at the client's boundary, and acknowledged rows of its own deleted behind its
 * back. What was done is in the journal; whether it is found is for the checker to say.
 */
export async function provoke(session: Session, signal: AbortSignal): Promise<void> {
  const { plan, clock, journal, reader, clients, canaries } = session;
  const timetables = canaries.map(({ timetable }) => timetable);
  await clients.start(timetables, (timetable, startUs) =>
    canaries.find((one) => one.timetable === timetable)?.start(startUs),
  );
  await pause(CALM_US / 1000, signal);
  const outage = { from_us: clock.nowUs() + NOTICE_US, to_us: clock.nowUs() + NOTICE_US + plan.canary.outage_us };
  for (const timetable of timetables) clients.gate(timetable, { mode: 'refuse' }, outage.from_us, outage.to_us);
  await pause((outage.to_us - clock.nowUs() + CALM_US) / 1000, signal);
  await clients.stop(timetables, signal);
  // Rows and events come through different pipes.
  await pause(300, signal);
  const site = canarySite(plan);
  for (const live of canaries) {
    const { probe, client } = live.timetable;
    const target = targetOf(plan, live.timetable, site);
    const acknowledged = [...live.writes.values()].filter((write) => write.outcome === 'ok');
    // Spread over all of them: the first and the last are the likeliest to be missed.
    const step = Math.max(1, Math.floor((acknowledged.length - 1) / Math.max(1, plan.canary.deleted - 1)));
    const doomed = acknowledged.filter((_, index) => index % step === 0).slice(0, plan.canary.deleted);
    await reader.run({ type: 'remove', target, writes: doomed.map(({ key, seq }) => ({ key, seq })) }, signal);
    await journal.append('canary-injected', { probe, client, site, outage, deleted: doomed.map(({ key }) => key) });
    await readBack(session, 'canary', '', [{ live, sites: [site], writes: acknowledged }], signal);
  }
}
