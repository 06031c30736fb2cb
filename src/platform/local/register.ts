import { existsSync, readFileSync } from 'node:fs';
import { replaceFile } from '../../durable-file.ts';
import { messageWithHint, PlatformError } from '../../errors.ts';
import type { RegisteredFault, Undo, UndoResult } from '../undo.ts';
import { Turns } from './turns.ts';

interface Entry {
  readonly fault: string;
  readonly run: string;
  readonly undo: readonly Undo[];
  expiresAtMs: number;
  /** Restarts that went through: once more, and what has begun to stand on it would lose it. */
  readonly restarted: Set<Undo>;
  /** What took longer than its limit: the next try waits for it, and does not do it beside itself. */
  readonly underWay: Map<Undo, Promise<void>>;
}

/** What the dead-man did: `failures` is empty when all of the fault is undone. */
export interface Lapsed {
  readonly fault: string;
  readonly failures: readonly string[];
}

const RETRY_MS = 10_000;
/** How long one part of an undo may take before the next one begins: longer than processes may take to start, which have a limit of their own. */
const PART_MS = 600_000;
/** A restore copies everything that a site has stored. */
const RESTORE_MS = 7_200_000;

/**
 * The faults in force, on disk, each with its undo as data and the instant at which it lapses. `expire` undoes what nobody renewed: the
 * dead-man. An entry goes only when all of its undo is done.
 */
export class Register {
  private readonly path: string;
  private readonly execute: (undo: Undo) => Promise<void>;
  private readonly nowMs: () => number;
  private readonly partMs: number;
  private readonly entries = new Map<string, Entry>();
  private readonly running = new Map<string, Promise<readonly UndoResult[]>>();

  constructor(path: string, execute: (undo: Undo) => Promise<void>, nowMs: () => number, partMs = PART_MS) {
    this.partMs = partMs;
    this.path = path;
    this.execute = execute;
    this.nowMs = nowMs;
  }

  /** On disk when it returns. A fault that is there already must have been undone first. */
  record(fault: string, run: string, undo: readonly Undo[], ttlMs: number): void {
    if (this.entries.has(fault)) throw new Error(`${fault} is in force already: undo it first`);
    this.entries.set(fault, {
      ...{ fault, run, undo },
      ...{ expiresAtMs: this.nowMs() + ttlMs, restarted: new Set(), underWay: new Map() },
    });
    try {
      this.save();
    } catch (error) {
      this.entries.delete(fault);
      throw error;
    }
  }

  /** Puts the lapse off; a fault that is not there is not renewed. */
  renew(faults: readonly string[], ttlMs: number): void {
    for (const fault of faults) {
      const entry = this.entries.get(fault);
      if (entry) entry.expiresAtMs = this.nowMs() + ttlMs;
    }
  }

  list(): readonly RegisteredFault[] {
    const now = this.nowMs();
    return [...this.entries.values()].map(({ fault, run, undo, expiresAtMs }) => ({
      fault,
      run,
      undo,
      expiresInMs: expiresAtMs - now,
    }));
  }

  /** Executes a fault's undo, each part of it whatever becomes of the others; at most once at a time. */
  undo(fault: string): Promise<readonly UndoResult[]> {
    const under = this.running.get(fault);
    if (under !== undefined) return under;
    const work = this.undoNow(fault).finally(() => this.running.delete(fault));
    this.running.set(fault, work);
    return work;
  }

  /** True when a fault in force would do this undo, and is not just being undone. */
  covers(undo: Undo): boolean {
    return [...this.entries.values()].some(
      (entry) => !this.running.has(entry.fault) && entry.undo.some((one) => includes(one, undo)),
    );
  }

  /** A PlatformError where no fault in force would do this undo: a harness that was suspended past its lease must not make what nobody would undo. */
  require(undo: Undo): void {
    if (this.covers(undo)) return;
    throw new PlatformError(`no fault in the register would undo this: ${JSON.stringify(undo)}`, {
      hint: 'record the fault first; one that was not renewed in time is undone and forgotten',
    });
  }

  /**
   * Does something whose undo is recorded; where that is no longer so afterwards it is undone at once, and is a PlatformError: it may have lapsed, or
   * been undone, meanwhile. `turns`: in which the undo comes as well, where one that came in between would find nothing to undo.
   */
  async under(undo: Undo, work: () => Promise<void> | void, turns = new Turns()): Promise<void> {
    this.require(undo);
    const [done] = await Promise.allSettled([
      turns.take(async () => {
        this.require(undo);
        await work();
      }),
    ]);
    if (!this.covers(undo)) {
      await this.execute(undo);
      throw new PlatformError(`undone while it was done: ${JSON.stringify(undo)}`);
    }
    if (done.status === 'rejected') throw done.reason;
  }

  /** Undoes what has lapsed, and says of each what could not be undone: that is tried again after a while. */
  async expire(): Promise<readonly Lapsed[]> {
    const now = this.nowMs();
    const lapsed = [...this.entries.values()].filter(
      (entry) => entry.expiresAtMs <= now && !this.running.has(entry.fault),
    );
    // All at once, the last one first: a database may not start before an earlier partition is undone.
    return Promise.all(
      lapsed.reverse().map(async (entry) => {
        const results = await this.undo(entry.fault);
        const failures = results.flatMap(({ ok, undo, error }) => (ok ? [] : [`${undo.kind}: ${error}`]));
        entry.expiresAtMs = this.nowMs() + RETRY_MS;
        return { fault: entry.fault, failures };
      }),
    );
  }

  private async undoNow(fault: string): Promise<readonly UndoResult[]> {
    const entry = this.entries.get(fault);
    const results: UndoResult[] = [];
    for (const undo of entry?.undo ?? []) {
      try {
        await this.part(entry as Entry, undo);
        results.push({ undo, ok: true, error: '' });
      } catch (error) {
        results.push({ undo, ok: false, error: messageWithHint(error) });
      }
    }
    if (results.every(({ ok }) => ok)) {
      this.entries.delete(fault);
      this.save();
    }
    return results;
  }

  /** One part of an undo; an Error where it takes longer than it may. */
  private async part({ restarted, underWay }: Entry, undo: Undo): Promise<void> {
    if (restarted.has(undo)) return;
    const work = underWay.get(undo) ?? this.execute(undo);
    underWay.set(undo, work);
    const limitMs = undo.kind === 'restore' || undo.kind === 'index' ? RESTORE_MS : this.partMs;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`not done within ${limitMs} ms, and still under way`)),
      limitMs,
    );
    const over = (): void => void underWay.delete(undo);
    work.then(over, over);
    try {
      await Promise.race([work, late.promise]);
    } finally {
      clearTimeout(timer);
    }
    if (undo.kind === 'restart') restarted.add(undo);
  }

  private save(): void {
    const entries = [...this.entries.values()].map(({ fault, run, undo }) => ({ fault, run, undo }));
    replaceFile(this.path, JSON.stringify(entries), 0o600);
  }
}

/** What effects are made under. */
export type UndoGuard = Pick<Register, 'require' | 'under'>;

/** Whether doing `one` does `other` as well. */
function includes({ kind, params: mine }: Undo, other: Undo): boolean {
  const theirs = other.params;
  if (kind !== other.kind) return false;
  if ('id' in mine || 'id' in theirs) return 'id' in mine && 'id' in theirs && mine.id === theirs.id;
  return (
    mine.site === theirs.site &&
    (mine.node === undefined || mine.node === theirs.node) &&
    theirs.components.every((component) => mine.components.includes(component))
  );
}

/** The faults that stood in the register of a platform that is dead; a file that is torn gives none. */
export function leftFaults(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  try {
    const entries = JSON.parse(readFileSync(path, 'utf8')) as { fault?: unknown }[];
    return entries.map(({ fault }) => fault).filter((fault) => typeof fault === 'string');
  } catch {
    return [];
  }
}
