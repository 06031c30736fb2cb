import { turnOf } from '../history/timetable.ts';
import type { Overwrite, RegisterRead } from './last-write-wins.ts';
import { type HistoryAttempt, KEY_COLUMN, textOf, VALUE_COLUMN } from './load-history.ts';
import { INFO, OK } from './operations.ts';

interface Attempts {
  readonly key: string;
  readonly register: number;
  invokedUs: number;
  overUs: number;
  acknowledged: { site: string; us: number } | null;
}

interface Found {
  readonly key: string;
  readonly site: string;
  readonly invokedUs: number;
  readonly sha: string;
}

/**
 * The overwrites of one probe and what its reads found, in memory, gathered while the history is read. Operation `k` of a timetable overwrites
 * register ⌊k/2⌋ modulo `registers`; a read reads the register of the write whose key it has, and its `value_sha` is that of the write it found.
 */
export class OverwriteLog {
  readonly registers: number;
  private readonly byKey = new Map<string, Attempts>();
  private readonly bySha = new Map<string, Attempts>();
  private readonly reads: RegisterRead[] = [];
  /** Reads whose writes have not come yet: few, as rows come nearly in order. */
  private readonly early: Found[] = [];

  constructor(registers: number) {
    this.registers = registers;
  }

  addWrite(attempt: HistoryAttempt): void {
    const { index, siteName: site, invokedUs, completedUs, outcome } = attempt;
    const [key, sha] = [textOf(attempt, KEY_COLUMN), textOf(attempt, VALUE_COLUMN)];
    const register = turnOf(index) % this.registers;
    const write = this.byKey.get(key) ?? { key, register, invokedUs, overUs: -1, acknowledged: null };
    this.byKey.set(key, write);
    // What was never sent has no checksum to be found by.
    if (sha !== '') this.bySha.set(sha, write);
    if (invokedUs < write.invokedUs) write.invokedUs = invokedUs;
    const overUs = outcome === INFO ? Number.POSITIVE_INFINITY : completedUs;
    if (overUs > write.overUs) write.overUs = overUs;
    const first = outcome === OK && (write.acknowledged === null || completedUs < write.acknowledged.us);
    if (first) write.acknowledged = { site, us: completedUs };
  }

  addRead(attempt: HistoryAttempt): void {
    if (attempt.outcome !== OK) return;
    const { siteName: site, invokedUs } = attempt;
    const found = { key: textOf(attempt, KEY_COLUMN), site, invokedUs, sha: textOf(attempt, VALUE_COLUMN) };
    const [read] = this.resolve(found);
    if (read) this.reads.push(read);
    else this.early.push(found);
  }

  /** Once everything was added. Of reads of what nobody wrote, nothing. */
  result(): { readonly writes: readonly Overwrite[]; readonly reads: readonly RegisterRead[] } {
    const reads = [...this.reads, ...this.early.flatMap((found) => this.resolve(found))];
    const writes = [...this.byKey.values()];
    // What was not acknowledged, and is there all the same, may have come at any time.
    for (const write of writes) if (write.acknowledged === null) write.overUs = Number.POSITIVE_INFINITY;
    return { writes, reads };
  }

  private resolve({ key, site, invokedUs, sha }: Found): readonly RegisterRead[] {
    const [asked, winner] = [this.byKey.get(key), this.bySha.get(sha)];
    return asked && winner ? [{ register: asked.register, site, invokedUs, found: winner }] : [];
  }
}
