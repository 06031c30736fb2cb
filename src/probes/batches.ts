/** The items in order, `size` at a time; the last batch may be smaller. */
export function batches<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
}

/** Does `work` for each item, `atOnce` of them at a time; ends at the signal, or at the first that fails, when those under way are done. */
export async function inTurns<T>(
  items: readonly T[],
  atOnce: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (const item of rest) {
      if (failures.length > 0) return;
      signal.throwIfAborted();
      await work(item);
    }
  };
  const lanes = Array.from({ length: atOnce }, () => lane().catch((error: unknown) => void failures.push(error)));
  await Promise.all(lanes);
  if (failures.length > 0) throw failures[0];
}
