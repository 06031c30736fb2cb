import { isIP } from 'node:net';
import { addressesOf, NameError } from '../platform/ask-name.ts';
import type { Endpoint, Site } from '../platform/platform.ts';
import { KEEPER, UNRESOLVED, Unconnected } from './keeper.ts';

/**
 * The addresses of endpoints, asked for anew at the site's name server: what a new connection does, and one that is there does not. Where the
 * site has none they are as they were. An Unconnected when none of them has an address; it is silent where no answer came within `ms`.
 */
export async function locate(
  endpoints: readonly Endpoint[],
  { resolver }: Pick<Site, 'resolver'>,
  ms: number,
): Promise<readonly Endpoint[]> {
  if (resolver === undefined || endpoints.length === 0) return endpoints;
  const asked = await Promise.allSettled(endpoints.map((endpoint) => locateOne(endpoint, resolver, ms)));
  const located = asked.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  if (located.length > 0) return located;
  const failures = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  const silent = failures.find(isSilence);
  throw new Unconnected(UNRESOLVED, silent !== undefined, silent ?? failures[0]);
}

async function locateOne({ host, port }: Endpoint, resolver: string, ms: number): Promise<readonly Endpoint[]> {
  if (isIP(host) !== 0) return [{ host, port }];
  return (await addressesOf(host, resolver, ms)).map((address) => ({ host: address, port }));
}

function isSilence(failure: unknown): boolean {
  return failure instanceof NameError && failure.code === 'silence';
}

/** How host names are resolved, for plan.json; nothing where hosts are addresses. */
export function describeNames({ resolver }: Pick<Site, 'resolver'>): Readonly<Record<string, unknown>> {
  return resolver === undefined
    ? {}
    : { names: `asked of ${resolver} for each new connection, not cached`, resolveTimeoutMs: KEEPER.resolveMs };
}
