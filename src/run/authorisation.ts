import { InputError } from '../errors.ts';
import type { Authorisation } from '../history/event.ts';
import { isAmong } from '../same-name.ts';

/** As they were given on the command line. */
export interface GivenAuthorisation {
  readonly ticket?: string | undefined;
  readonly approver?: string | undefined;
  readonly window?: string | undefined;
}

const HINT = {
  hint: 'npm run drill -- run NAME --ticket CHG-1 --approver NAME --window 2026-11-21T22:00Z/2026-11-22T02:00Z',
} as const;

/**
 * Null where the environment is not production and nothing was given. InputErrors: something is missing in production; an approver who is the
 * operator; a window that is none, that is not now, or that ends before the runs can be over.
 */
export function authorise(
  environment: string,
  given: GivenAuthorisation,
  at: { readonly operators: readonly string[]; readonly now: Date; readonly expectedMs: number },
): Authorisation | null {
  const { ticket, approver, window } = given;
  const named = { ticket, approver, window };
  const missing = Object.entries(named).flatMap(([name, value]) => (value?.trim() ? [] : [`--${name}`]));
  if (!needsWord(environment) && missing.length === 3) return null;
  if (!ticket || !approver || !window || missing.length > 0)
    throw new InputError(`a run in the environment ${environment} needs ${missing.join(' and ')}`, HINT);
  if (isAmong(approver, at.operators))
    throw new InputError(`the approver ${approver} is the operator: expected somebody else`, HINT);
  const [from, to, ...more] = window.split('/').map(instant);
  if (!from || !to || more.length > 0 || from >= to)
    throw new InputError(
      `--window: expected two instants with their zone, such as 2026-11-21T22:00Z/2026-11-22T02:00Z, got ${window}`,
      HINT,
    );
  if (at.now < from || at.now >= to)
    throw new InputError(`--window: it is ${at.now.toISOString()}, which is not within ${window}`, HINT);
  const endMs = at.now.getTime() + at.expectedMs;
  if (endMs > to.getTime())
    throw new InputError(
      `--window: it ends at ${to.toISOString()}, and this takes until about ${new Date(endMs).toISOString()}`,
      HINT,
    );
  return {
    operator: at.operators.join(', then '),
    ticket: ticket.trim(),
    approver: approver.trim(),
    window: { from: from.toISOString(), to: to.toISOString() },
  };
}

/** Whether nobody may run anything there on his own. */
export function needsWord(environment: string): boolean {
  return environment.trim().toLowerCase() === 'production';
}

/** An instant without a zone means another one in each place. */
function instant(text: string): Date | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
}
