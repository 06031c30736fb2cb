import { formatDuration } from '../duration.ts';
import type { Progress, Session } from '../run/session.ts';
import type { Plan } from '../scenario/plan.ts';
import { colour, columns, print } from './context.ts';

const TERMINAL_MS = 1_000;
const PLAIN_MS = 10_000;

/** What a person sees while a run goes on: what happens as it happens, and the state of each service, every second in a terminal. */
export class LiveView {
  private readonly plan: Plan;
  private session: Session | null = null;
  private timer: NodeJS.Timeout | null = null;
  private drawn = 0;
  private readonly began = performance.now();

  constructor(plan: Plan) {
    this.plan = plan;
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
    if (!session?.phaseNow || session.phaseNow === 'cleanup') return;
    this.erase();
    const nowUs = session.clock.nowUs();
    const lines = session.live.timetables.map((live) => {
      const { service, site, probe } = live.timetable;
      const { operations, ok, p95Us } = live.recent(nowUs);
      const name =
        service === '' ? `${probe} at ${site}` : `${service} (${probe}) → ${session.live.current.get(service)}`;
      const share = operations === 0 ? 'no answers' : `${((100 * ok) / operations).toFixed(0)} % ok`;
      return `  ${name.padEnd(34)} ${share.padEnd(11)} P95 ${p95Us === null ? '–' : formatDuration(p95Us)}`.slice(
        0,
        columns(),
      );
    });
    const held = session.leases.filter((lease) => lease.effective && !lease.gone).map((lease) => lease.planned.id);
    const state = `  ${this.plan.scenario.name}, ${session.phaseNow}; in force: ${held.join(', ') || 'nothing'}`;
    for (const line of [state, ...lines]) print(line);
    this.drawn = lines.length + 1;
  }

  /** In a terminal the state is drawn over itself; elsewhere lines stay. */
  private erase(): void {
    if (colour() && this.drawn > 0) process.stdout.write(`\u001b[${this.drawn}A\u001b[0J`);
    this.drawn = 0;
  }
}
