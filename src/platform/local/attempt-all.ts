import { messageOf, PlatformError } from '../../errors.ts';

/** Does it for each, whatever becomes of the others; what failed is one PlatformError in the end. */
export function attemptAll<T>(items: Iterable<T>, work: (item: T) => void): void {
  const failures: string[] = [];
  for (const item of items) {
    try {
      work(item);
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  throwAll(failures);
}

/** The same one after the other. */
export async function attemptEach<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const failures: string[] = [];
  for (const item of items) await work(item).catch((error: unknown) => failures.push(messageOf(error)));
  throwAll(failures);
}

function throwAll(failures: readonly string[]): void {
  if (failures.length > 0) throw new PlatformError([...new Set(failures)].join('; '));
}
