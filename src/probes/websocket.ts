import { isIP, type LookupFunction, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { WebSocket } from 'ws';

/** The address of a host name that was resolved before. */
export function lookupOf(address: string): LookupFunction {
  const family = isIP(address);
  return (_, { all }, callback) => (all ? callback(null, [{ address, family }]) : callback(null, address, family));
}

/** Ends a WebSocket at once, and drops what the kernel still holds of it, which could otherwise arrive much later. */
export function dropSocket(socket: WebSocket): void {
  const raw = (socket as unknown as { _socket?: Socket | null })._socket;
  if (raw && !(raw instanceof TLSSocket) && !raw.destroyed) raw.resetAndDestroy();
  socket.terminate();
}
