import { CANARY_SERVICE } from '../history/operation.ts';
import { judgeRegisters, type Overwrite, type Undone } from './last-write-wins.ts';
import type { HistoryAttempt } from './load-history.ts';
import { OverwriteLog } from './overwrite-log.ts';
import type { LastWriteWinsReport } from './overwrites-schema.ts';
import type { RunRecord } from './run-record.ts';

const LISTED = 1000;

/** What became of the acknowledged overwrites of each probe that has registers. Made before the history is read; the canary's are none. */
export class Overwrites {
  private readonly logs: ReadonlyMap<string, OverwriteLog>;
  private readonly byTimetable: readonly (OverwriteLog | undefined)[];
  private readonly sites: readonly string[];

  private constructor({ plan, timetables }: RunRecord, logs: ReadonlyMap<string, OverwriteLog>) {
    this.logs = logs;
    this.sites = plan.platform.sites.map(({ name }) => name);
    this.byTimetable = timetables.map(({ started }) =>
      started.service === CANARY_SERVICE ? undefined : logs.get(started.probe),
    );
  }

  /** Null where no probe of the plan has registers. */
  static of(record: RunRecord): Overwrites | null {
    const logs = new Map<string, OverwriteLog>();
    for (const { probe, params } of record.plan.timetables)
      if (typeof params.registers === 'number') logs.set(probe, new OverwriteLog(params.registers));
    return logs.size === 0 ? null : new Overwrites(record, logs);
  }

  noteWrite(attempt: HistoryAttempt): void {
    this.byTimetable[attempt.timetable]?.addWrite(attempt);
  }

  noteRead(attempt: HistoryAttempt): void {
    this.byTimetable[attempt.timetable]?.addRead(attempt);
  }

  report(): LastWriteWinsReport[] {
    return [...this.logs].map(([probe, log]) => this.judge(probe, log));
  }

  private judge(probe: string, log: OverwriteLog): LastWriteWinsReport {
    const { writes, reads } = log.result();
    const { acknowledged, kept, undone, wrongInTheEnd } = judgeRegisters(writes, reads);
    return {
      probe,
      registers: log.registers,
      acknowledged,
      kept,
      undone: undone.length,
      unproven: acknowledged - kept - undone.length,
      sites: this.sites.map((site) => ({
        site,
        acknowledged: writes.filter((write) => write.acknowledged?.site === site).length,
        undone: undone.filter(({ write }) => write.acknowledged?.site === site).length,
      })),
      undoneFrom_us: undone[0]?.write.acknowledged?.us ?? null,
      undoneTo_us: undone.at(-1)?.write.acknowledged?.us ?? null,
      wrongInTheEnd,
      list: undone.slice(0, LISTED).map(describe),
      omitted: Math.max(0, undone.length - LISTED),
    };
  }
}

function describe({ write, winner, readUs }: Undone): LastWriteWinsReport['list'][number] {
  return { ...place(write), register: write.register, read_us: readUs, winner: place(winner) };
}

function place({ key, acknowledged }: Overwrite): LastWriteWinsReport['list'][number]['winner'] {
  return { key, site: acknowledged?.site ?? '', acknowledged_us: acknowledged?.us ?? 0 };
}
