import { checksum } from '../history/checksum.ts';
import { batches, inTurns } from './batches.ts';
import type { GremlinClient } from './gremlin-client.ts';
import type { ExpectedWrite, ReadBackAnswer } from './probe.ts';

/** A payment as the platform's own services have it. The key is its id, and its accounts are its own. */
export interface Stored {
  readonly id?: unknown;
  readonly payer?: unknown;
  readonly payee?: unknown;
  readonly amount?: unknown;
  readonly reference?: unknown;
}

const payerOf = (key: string): string => `${key}#payer`;
const payeeOf = (key: string): string => `${key}#payee`;

export function paymentOf(key: string, seq: number): Required<Stored> & { readonly payer: string } {
  return { id: key, payer: payerOf(key), payee: payeeOf(key), amount: seq, reference: checksum(key, seq) };
}

export function accountsOf(writes: readonly Pick<ExpectedWrite, 'key'>[]): string[] {
  return writes.flatMap(({ key }) => [payerOf(key), payeeOf(key)]);
}

/** The key of the payment that an account is of. */
export function keyOfAccount(id: string): string {
  return id.replace(/#(payer|payee)$/, '');
}

export function isRight({ id, payer, payee, amount, reference }: Stored, key: string, seq: number): boolean {
  return (
    id === key && payer === payerOf(key) && payee === payeeOf(key) && amount === seq && reference === checksum(key, seq)
  );
}

/** What all payments that were found say of one write. */
export function paymentState(found: readonly Stored[], key: string, seq: number): ReadBackAnswer {
  const mine = found.filter((stored) => stored?.id === key);
  const wrong = mine.find((stored) => !isRight(stored, key, seq));
  if (wrong !== undefined) return { key, state: 'corrupt', valueSha: String(wrong.reference ?? '') };
  if (mine.length === 0) return { key, state: 'absent', valueSha: '' };
  // One that was made twice is there, and once too often.
  return { key, state: mine.length === 1 ? 'present' : 'phantom', valueSha: checksum(key, seq) };
}

/** Payments of one request that removes them: each is two vertices and their edge. */
export const REMOVED_AT_ONCE = 25;
/** Such requests under way, where nothing is measured any more. */
const REQUESTS_AT_ONCE = 8;
const REMOVE_MS = 30_000;

const REMOVE = `
def tx = GRAPH.buildTransaction().consistencyChecks(false).start()
try {
  tx.traversal().V().has('accountId', org.apache.tinkerpop.gremlin.process.traversal.P.within(ids)).drop().iterate()
  tx.commit()
} finally {
  if (tx.isOpen()) tx.rollback()
}
'removed'`;

/** Removes the accounts of these payments from the graph itself, and the payments with them. `graph`: what the server calls it. A PlatformError when it does not. */
export async function removePayments(
  client: Pick<GremlinClient, 'script'>,
  graph: string,
  writes: readonly ExpectedWrite[],
  signal: AbortSignal,
): Promise<void> {
  const script = REMOVE.replace('GRAPH', graph);
  await inTurns(batches(writes, REMOVED_AT_ONCE), REQUESTS_AT_ONCE, signal, async (batch) => {
    await client.script(script, { ids: accountsOf(batch) }, 'payments could not be removed from the graph', REMOVE_MS);
  });
}
