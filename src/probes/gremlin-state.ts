import type { ReadBackState } from '../history/operation.ts';
import { checksum } from './checksum.ts';
import { fromKey, type SeenAccount, type SeenEdge, toKey } from './gremlin-traversals.ts';
import type { ReadBackAnswer } from './probe.ts';

/**
 * What a transaction's elements, seen from both of its ends and (where it was asked) through the index of edges, say about it: `present` only
 * when all of it is there once, with the right checksum from wherever it is seen. `phantom`: more than once. `edges` null: not asked.
 */
export function transactionState(
  key: string,
  seq: number,
  accounts: readonly SeenAccount[],
  edges: readonly SeenEdge[] | null,
): ReadBackAnswer {
  const from = accounts.filter((account) => account.key === fromKey(key));
  const to = accounts.filter((account) => account.key === toKey(key));
  const leaving = from.flatMap((account) => account.out);
  const arriving = to.flatMap((account) => account.in);
  const indexed = edges?.filter((edge) => edge.key === key) ?? null;
  const sums = [...leaving, ...arriving, ...(indexed ?? []).map(({ sum }) => sum)];
  const right = checksum(key, seq);
  const wrong = sums.find((sum) => sum !== right);
  const valueSha = wrong ?? sums[0] ?? '';
  const views = [from, to, leaving, arriving, ...(indexed ? [indexed] : [])];
  const state = ((): ReadBackState => {
    if (views.every((view) => view.length === 0)) return 'absent';
    if (wrong !== undefined || indexed?.some((edge) => edge.seq !== seq)) return 'corrupt';
    if (views.some((view) => view.length === 0)) return 'partial';
    return views.some((view) => view.length > 1) ? 'phantom' : 'present';
  })();
  return { key, state, valueSha };
}
