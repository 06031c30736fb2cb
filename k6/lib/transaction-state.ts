/** An account, and the checksums on the edges that leave it and that come in. */
export interface SeenAccount {
  readonly k: string;
  readonly o: readonly string[];
  readonly i: readonly string[];
}

/** What a transaction's elements, seen from both of its ends, say about it: the probe's own judgement (src/probes/gremlin-state.ts); a test compares the two. */
export function transactionState(
  key: string,
  right: string,
  accounts: readonly SeenAccount[],
): { readonly state: 'present' | 'absent' | 'partial' | 'corrupt' | 'phantom'; readonly sum: string } {
  const from = accounts.filter(({ k }) => k === `${key}#from`);
  const to = accounts.filter(({ k }) => k === `${key}#to`);
  const leaving = from.flatMap(({ o }) => o);
  const arriving = to.flatMap(({ i }) => i);
  const sums = [...leaving, ...arriving];
  const wrong = sums.find((each) => each !== right);
  const views = [from, to, leaving, arriving];
  const sum = wrong ?? sums[0] ?? '';
  if (views.every(({ length }) => length === 0)) return { state: 'absent', sum };
  if (wrong !== undefined) return { state: 'corrupt', sum };
  if (views.some(({ length }) => length === 0)) return { state: 'partial', sum };
  return { state: views.some(({ length }) => length > 1) ? 'phantom' : 'present', sum };
}
