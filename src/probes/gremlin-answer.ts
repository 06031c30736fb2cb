import type { ProbeOperation, ProbeOutcome } from './probe.ts';

/** How a request ended. A link never rejects. */
export type GremlinAnswer =
  | { readonly kind: 'result'; readonly data: unknown }
  /** The server answered with an error. */
  | { readonly kind: 'error'; readonly status: number; readonly message: string }
  /** Nothing was sent; `error` is a short code. */
  | { readonly kind: 'unsent'; readonly error: string }
  | { readonly kind: 'timeout' }
  /** The connection ended after the request was sent. */
  | { readonly kind: 'closed' };

type Failure = Exclude<GremlinAnswer, { kind: 'result' }>;

/** Status codes of Gremlin Server with which it refuses a request before it runs it. */
const REFUSED = new Map<number, string>([
  [401, 'auth'],
  [403, 'auth'],
  [407, 'auth'],
  [429, 'overloaded'],
  [498, 'invalid'],
  [499, 'invalid'],
]);

/** What became of an operation whose request failed: `fail` only where a write certainly was not applied. */
export function classifyGremlinFailure(
  f: ProbeOperation['f'],
  answer: Failure,
): Pick<ProbeOutcome, 'outcome' | 'error'> {
  if (answer.kind === 'unsent') return { outcome: 'fail', error: answer.error };
  if (answer.kind === 'error') {
    const refused = REFUSED.get(answer.status);
    if (refused !== undefined) return { outcome: 'fail', error: refused };
  }
  return { outcome: f === 'write' ? 'info' : 'fail', error: code(answer) };
}

function code(answer: Exclude<Failure, { kind: 'unsent' }>): string {
  if (answer.kind !== 'error') return answer.kind;
  if (answer.status === 598) return 'server-timeout';
  // Evaluation and server errors: the commit is part of the request, so it may have failed half way.
  if (/backend exception|could not (commit|execute)|persist/i.test(answer.message)) return 'backend';
  return `server-${answer.status}`;
}

/** Null for an answer that cannot be understood. */
export function readable<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null;
  }
}
