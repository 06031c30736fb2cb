import { WebSocket } from 'ws';
import type { Endpoint } from '../../platform/platform.ts';
import { formatEndpoint } from '../gremlin-link.ts';
import { KEEPER, Unconnected } from '../keeper.ts';
import { knock, UNSENT } from '../knock.ts';
import { locate } from '../locate.ts';
import { dropSocket, lookupOf } from '../websocket.ts';
import { authorization } from './admin.ts';
import type { TransportOptions } from './transport.ts';

/** What a broker's refusal of a WebSocket is called. It accepts one when the producer, reader or consumer behind it is made. */
const REFUSED: ReadonlyMap<number, string> = new Map([
  [401, 'auth'],
  [403, 'auth'],
  [404, 'no-topic'],
  [409, 'busy'],
  [429, 'rate-limited'],
  [503, 'unavailable'],
]);

/** What a socket does from its first message on: messages may come together with its opening. */
export interface SocketEvents {
  onMessage(text: string): void;
  onClose(): void;
  onPong?(): void;
}

/** A WebSocket to one of Pulsar's endpoints, open; an Unconnected with the reason why there is none within `withinMs`. */
export async function openSocket(
  endpoint: Endpoint,
  path: string,
  options: Pick<TransportOptions, 'resolver' | 'security' | 'token'>,
  events: SocketEvents,
  withinMs: number,
): Promise<WebSocket> {
  const { resolver, security } = options;
  const until = performance.now() + withinMs;
  const left = (): number => Math.max(1, until - performance.now());
  const [at = endpoint] = await locate([endpoint], { resolver }, Math.min(KEEPER.resolveMs, left()));
  await knock([at], Math.min(KEEPER.connectMs, left()));
  const { tls } = security;
  const socket = new WebSocket(`${tls ? 'wss' : 'ws'}://${formatEndpoint(endpoint)}${path}`, {
    handshakeTimeout: Math.ceil(left()),
    perMessageDeflate: false,
    headers: authorization(options),
    ...(resolver !== undefined && { lookup: lookupOf(at.host) }),
    ...tls,
  });
  socket.on('message', (data) => events.onMessage(String(data)));
  socket.on('pong', () => events.onPong?.());
  socket.on('ping', () => events.onPong?.());
  await new Promise<void>((resolve, reject) => {
    // The listeners stay for the life of the socket: an error that nobody hears would end the process.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const code = UNSENT.get(error.code ?? '');
      reject(new Unconnected(code ?? 'not-connected', performance.now() >= until - 1, error));
    });
    socket.on('unexpected-response', (request, response) => {
      const status = response.statusCode ?? 0;
      reject(new Unconnected(REFUSED.get(status) ?? 'not-ready', false, new Error(`HTTP ${status}`)));
      request.destroy();
      dropSocket(socket);
    });
    socket.on('open', resolve);
    socket.on('close', () => reject(new Unconnected('not-connected', false)));
  });
  socket.on('close', () => events.onClose());
  if (socket.readyState !== WebSocket.OPEN) throw new Unconnected('not-connected', false);
  return socket;
}
