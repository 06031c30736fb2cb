import { PlatformError } from '../../errors.ts';
import type { ProcessTarget } from '../platform.ts';
import type { LastingKind } from '../undo.ts';
import { attemptAll } from './attempt-all.ts';
import type { Inventory } from './inventory.ts';
import type { UndoGuard } from './register.ts';

/** Limits of one kind that processes have, each under one fault at a time: who made them lifts them by its id, and no others. */
export class Limits {
  private readonly inventory: Inventory;
  private readonly guard: UndoGuard;
  private readonly kind: LastingKind & ('memory' | 'disk-speed' | 'cpu');
  private readonly what: string;
  private readonly lift: (process: string) => void;
  /** The processes of each fault: this process limits them, and outlives none of them. */
  private readonly limited = new Map<string, readonly string[]>();

  /** `what`: such as "the memory"; `lift` is told the id of a process, and of one that has no limit it is no error. */
  constructor(
    inventory: Inventory,
    guard: UndoGuard,
    { kind, what }: { readonly kind: 'memory' | 'disk-speed' | 'cpu'; readonly what: string },
    lift: (process: string) => void,
  ) {
    this.inventory = inventory;
    this.guard = guard;
    this.kind = kind;
    this.what = what;
    this.lift = lift;
  }

  /** Limits each process of the target, one after the other. A PlatformError where another fault limits one of them. */
  set(id: string, target: ProcessTarget, limit: (process: string) => Promise<void> | void): Promise<void> {
    const mine = this.inventory.targets(target).map((one) => one.id);
    return this.guard.under({ kind: this.kind, params: { id } }, async () => {
      // What one fault undoes would be another's.
      const other = [...this.limited].find(
        ([fault, theirs]) => fault !== id && mine.some((one) => theirs.includes(one)),
      );
      if (other) throw new PlatformError(`${this.what} of ${target.site} is limited already, by ${other[0]}`);
      this.limited.set(id, mine);
      try {
        for (const one of mine) await limit(one);
      } finally {
        // Undone meanwhile: what was limited after that is to be found, to be lifted.
        this.limited.set(id, mine);
      }
    });
  }

  inForce(): readonly string[] {
    return [...this.limited.keys()];
  }

  undo(id: string): void {
    attemptAll(this.limited.get(id) ?? [], this.lift);
    this.limited.delete(id);
  }
}
