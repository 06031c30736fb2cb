import { formatDuration } from '../duration.ts';
import { FAULTS } from '../faults/registry.ts';
import type { Progress, Session } from '../run/session.ts';
import { expectedPhases } from '../scenario/expected-duration.ts';
import type { Plan } from '../scenario/plan.ts';
import { colour, columns, print } from './context.ts';

const TERMINAL_MS = 1_000;
const PLAIN_MS = 15_000;

/** What a person sees while a run goes on: what happens as it happens, and the state of each service, every second in a terminal. */
export class LiveView {
  private readonly plan: Plan;
  private session: Session | null = null;
  private timer: NodeJS.Timeout | null = null;
  private drawn = 0;
  private readonly began = performance.now();
  private readonly expectedUs: number;

  constructor(plan: Plan) {
    this.plan = plan;
    this.expectedUs = expectedPhases(plan, FAULTS).reduce((sum, { us }) => sum + us, 0);
  }

  watch(session: Session): void {
    this.session = session;
    this.timer = setInterval(() => this.draw(), colour() ? TERMINAL_MS : PLAIN_MS);
  }

  say({ phase, text }: Progress): void {
    this.erase();
    const at = ((performance.now() - this.began) / 1000).toFixed(1).padStart(6);
    print(`${at} s  ${(phase ?? 'prepare').padEnd(12)}  ${text.slice(0, 400)}`);
  }

  end(): void {
    if (this.timer) clearInterval(this.timer);
    this.erase();
  }

  private draw(): void {
    const { session } = this;
    if (!session?.phaseNow) return;
    this.erase();
    const lines = colour() ? [this.state(session), ...this.table(session)] : [this.line(session)];
    for (const line of lines) print(line);
    this.drawn = lines.length;
  }

  private state({ phaseNow, leases }: Session): string {
    const held = leases.filter((lease) => lease.effective && !lease.gone).map((lease) => lease.planned.id);
    const elapsedUs = (performance.now() - this.began) * 1000;
    const time = `${formatDuration(elapsedUs)} of about ${formatDuration(this.expectedUs)}`;
    return `  ${this.plan.scenario.name}, ${phaseNow}, ${time}; in force: ${held.join(', ') || 'nothing'}`;
  }

  private table(session: Session): readonly string[] {
    return seen(session).map(({ name, share, p95 }) =>
      `  ${name.padEnd(34)} ${share.padEnd(11)} P95 ${p95}`.slice(0, columns()),
    );
  }

  /** Where lines stay: one, with the services, and of the sites what is not all right. */
  private line(session: Session): string {
    const said = seen(session).filter(({ service, share }) => service !== '' || share !== ALL_OK);
    const each = said.map(({ name, share, p95 }) => `${name} ${share} P95 ${p95}`);
    return [this.state(session), ...each].join(' · ');
  }

  /** In a terminal the state is drawn over itself; elsewhere lines stay. */
  private erase(): void {
    if (colour() && this.drawn > 0) process.stdout.write(`\u001b[${this.drawn}A\u001b[0J`);
    this.drawn = 0;
  }
}

const ALL_OK = '100 % ok';

interface Seen {
  readonly service: string;
  readonly name: string;
  readonly share: string;
  readonly p95: string;
}

/** The last seconds of each timetable that is under way: the silence of one that was told to end means nothing. */
function seen({ live, clock, phaseNow }: Session): readonly Seen[] {
  if (phaseNow === 'canary' || phaseNow === 'cleanup') return [];
  const nowUs = clock.nowUs();
  const atWork = live.timetables.filter(({ stopped }) => !stopped);
  return atWork.map((one) => {
    const { service, site, probe } = one.timetable;
    const { operations, ok, p95Us } = one.recent(nowUs);
    return {
      service,
      name: service === '' ? `${probe} at ${site}` : `${service} (${probe}) → ${live.current.get(service)}`,
      share:
        operations === 0 ? 'no answers' : ok === operations ? ALL_OK : `${Math.floor((100 * ok) / operations)} % ok`,
      p95: p95Us === null ? '–' : formatDuration(p95Us),
    };
  });
}
