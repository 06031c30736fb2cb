import { loadNative } from './native-library.ts';
import { NativeTransport } from './native-transport.ts';
import type { Transport, TransportName, TransportOptions } from './transport.ts';
import { WebSocketTransport } from './websocket-transport.ts';

/** A transport by name; a PlatformError where it cannot be had. It connects when it is used. */
export async function openTransport(name: TransportName, options: TransportOptions): Promise<Transport> {
  return name === 'websocket' ? new WebSocketTransport(options) : new NativeTransport(await loadNative(), options);
}
