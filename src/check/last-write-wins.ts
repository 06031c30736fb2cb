/** One overwrite of a register: all attempts of one operation. Times in µs from the run's origin. */
export interface Overwrite {
  readonly key: string;
  readonly register: number;
  /** Of its first attempt. */
  readonly invokedUs: number;
  /** When it can take no effect any more: its last completion; infinite where one of its attempts may still be on its way. */
  readonly overUs: number;
  /** Its first `ok` attempt by completion; null: it was not acknowledged. */
  readonly acknowledged: { readonly site: string; readonly us: number } | null;
}

/** A register as it was found at a site. */
export interface RegisterRead {
  readonly register: number;
  readonly site: string;
  readonly invokedUs: number;
  readonly found: Overwrite;
}

/** An acknowledged overwrite that an older one won against. */
export interface Undone {
  readonly write: Overwrite;
  readonly winner: Overwrite;
  /** When the read was invoked that showed it first. */
  readonly readUs: number;
}

interface LastWriteWins {
  readonly acknowledged: number;
  /** Read where they were acknowledged, and found, and never seen to be undone. */
  readonly kept: number;
  /** By acknowledgement. */
  readonly undone: readonly Undone[];
  /** Pairs of a register and a site whose last read still shows an older value than was acknowledged there. */
  readonly wrongInTheEnd: number;
}

/**
 * Which acknowledged overwrites lost to older ones. A read at the site that acknowledged a write, invoked after that, meets the write: when it finds
 * one that was over before the write was invoked, the store holds the older one for the newer. Of two that overlap either may win. Reads that
 * came too early, or found a newer write, show nothing of it: the number is the least that were undone.
 */
export function judgeRegisters(writes: readonly Overwrite[], reads: readonly RegisterRead[]): LastWriteWins {
  const places = Map.groupBy(
    writes.filter(({ acknowledged }) => acknowledged !== null),
    ({ register, acknowledged }) => placeOf(register, acknowledged?.site ?? ''),
  );
  const undone = new Map<Overwrite, Undone>();
  const found = new Set<Overwrite>();
  let wrongInTheEnd = 0;
  for (const [place, mine] of Map.groupBy(reads, ({ register, site }) => placeOf(register, site))) {
    const acknowledged = (places.get(place) ?? []).toSorted((a, b) => a.invokedUs - b.invokedUs);
    const inOrder = mine.toSorted((a, b) => a.invokedUs - b.invokedUs);
    for (const [index, read] of inOrder.entries()) {
      if (read.found.acknowledged?.site === read.site) found.add(read.found);
      let wrong = false;
      for (let at = firstAfter(acknowledged, read.found.overUs); at < acknowledged.length; at += 1) {
        const write = acknowledged[at] as Overwrite;
        if (write.invokedUs >= read.invokedUs) break;
        if ((write.acknowledged?.us ?? 0) >= read.invokedUs) continue;
        wrong = true;
        if (!undone.has(write)) undone.set(write, { write, winner: read.found, readUs: read.invokedUs });
      }
      if (wrong && index === inOrder.length - 1) wrongInTheEnd += 1;
    }
  }
  const all = [...places.values()].flat();
  return {
    acknowledged: all.length,
    kept: all.filter((write) => found.has(write) && !undone.has(write)).length,
    undone: [...undone.values()].sort(
      (a, b) =>
        (a.write.acknowledged?.us ?? 0) - (b.write.acknowledged?.us ?? 0) || (a.write.key < b.write.key ? -1 : 1),
    ),
    wrongInTheEnd,
  };
}

function placeOf(register: number, site: string): string {
  return `${register} ${site}`;
}

/** The first that was invoked after an instant; they are in the order of their invocations. */
function firstAfter(writes: readonly Overwrite[], us: number): number {
  let [low, high] = [0, writes.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((writes[middle] as Overwrite).invokedUs > us) high = middle;
    else low = middle + 1;
  }
  return low;
}
