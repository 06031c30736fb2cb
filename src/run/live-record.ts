import type { Attempt } from '../history/operation.ts';
import type { Plan, Timetable } from '../scenario/plan.ts';
import { LiveTimetable, type LiveWrite } from './live-timetable.ts';

/** Everything that the clients have told so far, by timetable. Nothing here enters the verdict. */
export class LiveRecord {
  readonly timetables: readonly LiveTimetable[];
  /** Where each service's traffic goes now. */
  readonly current = new Map<string, string>();
  /** Sites that a `failover` event named as `from`, by service. */
  readonly left = new Map<string, Set<string>>();
  private readonly plan: Plan;
  private readonly byName: ReadonlyMap<string, LiveTimetable>;

  constructor(plan: Plan) {
    this.plan = plan;
    this.timetables = plan.timetables.map(
      (timetable) => new LiveTimetable(timetable, plan.services[timetable.service]?.latency ?? null),
    );
    this.byName = new Map(this.timetables.map((live) => [nameOf(live.timetable), live]));
    for (const [service, { sites }] of Object.entries(plan.services)) this.current.set(service, sites[0] as string);
  }

  add(row: Attempt): void {
    const site = row.service === '' ? row.site : '';
    this.byName.get(nameOf({ probe: row.probe, service: row.service, site, client: row.client }))?.add(row);
  }

  of(timetable: Pick<Timetable, 'probe' | 'service' | 'site' | 'client'>): LiveTimetable {
    const found = this.byName.get(nameOf(timetable));
    if (!found) throw new Error(`no timetable ${nameOf(timetable)}`);
    return found;
  }

  moved(service: string, from: string, to: string): void {
    this.current.set(service, to);
    const left = this.left.get(service) ?? new Set();
    this.left.set(service, left.add(from));
  }

  returned(service: string, to: string): void {
    this.current.set(service, to);
  }

  /** The services' timetables, in the order of the plan. */
  services(): readonly LiveTimetable[] {
    return this.timetables.filter(({ timetable }) => timetable.service !== '');
  }

  /** True when the last `count` complete windows laid from `fromUs` hold, for each of the services, or of those of these names. */
  servicesHold(fromUs: number, nowUs: number, count: number, names?: ReadonlySet<string>): boolean {
    const asked = this.services().filter(({ timetable }) => names?.has(timetable.service) ?? true);
    return asked.every((live) => {
      const windows = live.windows(fromUs, nowUs, this.plan.settings);
      return windows.length >= count && windows.slice(-count).every((window) => window.holds);
    });
  }

  /** The writes of one timetable that satisfy a condition, by sequence number. */
  writesOf(live: LiveTimetable, wanted: (write: LiveWrite) => boolean): readonly LiveWrite[] {
    return [...live.writes.values()].filter(wanted).sort((a, b) => a.seq - b.seq);
  }
}

function nameOf({ probe, service, site, client }: Pick<Timetable, 'probe' | 'service' | 'site' | 'client'>): string {
  return `${probe}\u0000${service}\u0000${site}\u0000${client}`;
}
