import { messageOf, PlatformError } from '../../../errors.ts';
import type { Endpoint } from '../../platform.ts';

/** Answers that are no error are objects. */
export type ClusterAnswer = Readonly<Record<string, unknown>>;

/** How the nodes of a site's OpenSearch are asked, as people do it with curl. */
export interface ClusterRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Begins with `/`; its names are of a-z, 0-9, `-`, `_`, `*` and `.`. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Null is what one that is not there answers (404). */
  readonly missing?: true;
}

/** What a node answers; PlatformErrors of any status but 200 name what was asked and the first of the reasons. */
export async function askCluster(
  { host, port }: Endpoint,
  { method, path, body, missing }: ClusterRequest,
  signal: AbortSignal,
): Promise<ClusterAnswer | null> {
  const what = `OpenSearch at ${host}:${port}, ${method} ${path.replace(/\?.*/, '')}`;
  let status: number;
  let text: string;
  try {
    const answer = await fetch(`http://${host}:${port}${path}`, {
      method,
      signal,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    ({ status } = answer);
    text = await answer.text();
  } catch (error) {
    throw new PlatformError(`${what}: ${messageOf(error)}`, { cause: error });
  }
  if (missing && status === 404) return null;
  const said = parse(text);
  if (status !== 200) throw new PlatformError(`${what}: ${status}, ${reasonIn(said) ?? text.slice(0, 300)}`);
  return said;
}

function parse(text: string): ClusterAnswer {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === 'object' && said !== null ? (said as ClusterAnswer) : {};
  } catch {
    return {};
  }
}

/** `{"error": {"root_cause": […], "type": …, "reason": …}}` */
function reasonIn({ error }: ClusterAnswer): string | null {
  if (typeof error !== 'object' || error === null || !('reason' in error)) return null;
  return 'type' in error ? `${error.type}: ${error.reason}` : String(error.reason);
}
