import type { Backup } from '../platform/backups.ts';
import type { Plan } from '../scenario/plan.ts';
import { testRestore } from './restore-test.ts';
import type { Session } from './session.ts';
import { deadline, orRejected, pause } from './wait.ts';

/** How long one may take. */
const TAKE_MS = 600_000;

/** Takes the plan's backups at their instants, counted from `beganUs`; each once, one after the other, whoever asks how often. */
export class BackupSchedule {
  private readonly session: Session;
  private readonly beganUs: number;
  private readonly left: Plan['backups'][number][];

  constructor(session: Session, beganUs: number) {
    this.session = session;
    this.beganUs = beganUs;
    this.left = [...session.plan.backups];
  }

  /** Takes those that are due by `atUs` (after the end of the steady state; absent: all) and returns when they are whole. */
  async takeUntil(signal: AbortSignal, atUs = Number.POSITIVE_INFINITY): Promise<void> {
    const { clock } = this.session;
    for (let next = this.left[0]; next && next.at_us <= atUs; next = this.left[0]) {
      this.left.shift();
      await pause(Math.max(0, this.beganUs + next.at_us - clock.nowUs()) / 1000, signal);
      await this.take(next, signal);
    }
  }

  private async take(planned: Plan['backups'][number], signal: AbortSignal): Promise<void> {
    const { name, of, mode, restoreTest } = planned;
    const { clock, journal } = this.session;
    this.say(`taking the backup ${name} of ${of === 'opensearch' ? 'OpenSearch at every site' : 'every site'}`);
    const from_us = clock.nowUs();
    const limit = deadline(signal, TAKE_MS, `the backup ${name}`);
    const { tool, nodes } = await orRejected(this.order(planned, limit), limit);
    const taken = nodes.map(({ tookUs, ...node }) => ({ ...node, took_us: tookUs }));
    await journal.append('backup-taken', {
      backup: name,
      ...(of && { of }),
      mode,
      tool,
      from_us,
      to_us: clock.nowUs(),
      nodes: taken,
    });
    const files = nodes.reduce((sum, one) => sum + one.files, 0);
    const how = of === 'opensearch' ? 'each index restored beside itself' : `of ${nodes.length} nodes, each read again`;
    this.say(`the backup ${name} is whole: ${files} files, ${how}`);
    if (restoreTest !== undefined) await testRestore(this.session, { name, site: restoreTest, from_us }, signal);
  }

  private order({ name, of, mode }: Plan['backups'][number], limit: AbortSignal): Promise<Backup> {
    const { backups, snapshots } = this.session.platform.abilities;
    const taken = of === 'opensearch' ? snapshots?.take(name, limit) : backups?.take(name, mode, limit);
    if (!taken) throw new Error('a plan with backups on a platform that has none');
    return taken;
  }

  private say(text: string): void {
    this.session.say({ phase: this.session.phaseNow, text });
  }
}
