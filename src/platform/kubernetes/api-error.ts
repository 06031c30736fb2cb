import { ApiException } from '@kubernetes/client-node';
import { messageOf, PlatformError } from '../../errors.ts';

/** An API server that said no, or nothing. `status`: HTTP; null: no answer came. */
export class ApiError extends PlatformError {
  readonly status: number | null;

  constructor(status: number | null, message: string, options: { hint?: string; cause?: unknown }) {
    super(message, options);
    this.status = status;
  }
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

/** What went wrong with a request to the API server of a context, in words of people. */
export function apiErrorOf(error: unknown, context: string, what: string): ApiError {
  if (error instanceof ApiError) return error;
  const place = `${what} (context ${context})`;
  if (!(error instanceof ApiException)) {
    const hint = `is it the right context? kubectl --context ${context} get --raw /readyz`;
    return new ApiError(null, `${place}: the API server gives no answer: ${rootOf(error)}`, { hint, cause: error });
  }
  const said = reasonOf(error);
  const hint = HINTS[error.code]?.(context);
  return new ApiError(error.code, `${place}: the API server answers ${error.code}: ${said}`, {
    ...(hint !== undefined && { hint }),
    cause: undefined,
  });
}

const HINTS: Readonly<Record<number, (context: string) => string>> = {
  401: (context) =>
    `its token or certificate is expired, or of another cluster: kubectl --context ${context} auth whoami`,
  403: (context) =>
    `npm run drill -- plan says which permissions are missing; kubectl --context ${context} auth can-i --list`,
};

/** The message of the Status object that it answers with, which holds names and no secrets; else nothing but the code. */
function reasonOf({ body, code }: ApiException<unknown>): string {
  try {
    const status = (typeof body === 'string' ? JSON.parse(body) : body) as { message?: unknown } | null;
    if (typeof status?.message === 'string' && status.message !== '') return status.message;
  } catch {
    // A proxy in between answers with a page.
  }
  // The generated clients read no answer of this one.
  return code === 401 ? 'Unauthorized' : 'no reason is given';
}

/** The innermost cause: what `fetch failed` is about. */
function rootOf(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  const code = (root as NodeJS.ErrnoException | null)?.code;
  const text = messageOf(root);
  return code === undefined || text.includes(String(code)) ? text : `${text} (${code})`;
}

/** How long to wait before asking again; null: asking again is of no use. */
export function againAfterMs(error: unknown, attempt: number): number | null {
  const backoff = Math.min(2_000, 100 * 2 ** attempt);
  if (!(error instanceof ApiException)) return backoff;
  if (error.code === 429) return Math.min(5_000, 1_000 * (Number(error.headers['retry-after']) || 1));
  return error.code >= 500 ? backoff : null;
}
