import { checksum } from '../history/checksum.ts';
import type { ReadBackState } from '../history/operation.ts';
import { fromKey, type SeenAccount, type SeenEdge, toKey } from './gremlin-traversals.ts';
import type { ExpectedWrite, ReadBackAnswer } from './probe.ts';

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

/** The edges as they are seen from each kind of end and by the index; null where an end has not exactly one: whose it is cannot be told. */
export function viewsOf(
  ends: readonly (readonly (readonly SeenEdge[])[] | null)[],
  indexed: readonly SeenEdge[] | null,
): readonly (readonly SeenEdge[])[] | null {
  if (!indexed || !ends.every((accounts) => accounts?.every((edges) => edges.length === 1))) return null;
  return [...ends.map((accounts) => (accounts ?? []).flat()), indexed];
}

/** Whether each view shows a transaction's edge exactly once and right. */
export function isWhole({ key, seq }: ExpectedWrite, views: readonly (readonly SeenEdge[])[]): boolean {
  const right = checksum(key, seq);
  return views.every((view) => {
    const mine = view.filter((edge) => edge.key === key);
    return mine.length === 1 && mine[0]?.sum === right && mine[0].seq === seq;
  });
}
