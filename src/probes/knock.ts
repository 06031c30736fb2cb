import { connect } from 'node:net';
import type { Endpoint } from '../platform/platform.ts';
import { Unconnected } from './keeper.ts';

/** Errors of a socket on which nothing can have been sent. */
export const UNSENT: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENOTFOUND', 'unknown-host'],
]);

/**
 * Resolves as soon as one of the endpoints took a TCP connection, which is dropped again: a driver is only set to work where somebody
 * listens. An Unconnected says how the last one failed; it is silent where no answer came within `ms`.
 */
export async function knock(endpoints: readonly Endpoint[], ms: number): Promise<void> {
  try {
    await Promise.any(endpoints.map((endpoint) => knockAt(endpoint, ms)));
  } catch (error) {
    const failures = (error as AggregateError).errors as readonly Unconnected[];
    throw failures.find(({ silent }) => silent) ?? failures[0] ?? new Unconnected('no-host', false);
  }
}

function knockAt({ host, port }: Endpoint, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      settle();
    };
    const timer = setTimeout(() => end(() => reject(new Unconnected('not-connected', true))), ms);
    socket.on('connect', () => end(resolve));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const code = UNSENT.get(error.code ?? '');
      end(() => reject(new Unconnected(code ?? 'not-connected', error.code === 'ETIMEDOUT', error)));
    });
  });
}
