import { createConnection } from 'node:net';
import type { Component, Endpoint } from '../platform.ts';
import { postScript } from '../post-script.ts';

/** How far a clock is ahead of this machine's, in ms: at least and at most. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/** All that a look may take. */
export const ASK_MS = 3_000;
/** An answer that took longer bounds the time too loosely, and is asked for again. */
const CLOSE_MS = 20;
const TRIES = 5;

/** How far the wall clock of a database is ahead of this machine's, as it says itself; null when it says nothing. */
export async function aheadOf(
  component: Component,
  at: Endpoint,
  ask: (component: Component, at: Endpoint, signal: AbortSignal) => Promise<number> = timeAt,
  nowMs: () => number = Date.now,
): Promise<Bounds | null> {
  const signal = AbortSignal.timeout(ASK_MS);
  let best: Bounds | null = null;
  for (let tries = 0; tries < TRIES && !signal.aborted; tries += 1) {
    const before = nowMs();
    const shown = await ask(component, at, signal).catch(() => null);
    const after = nowMs();
    if (shown === null) continue;
    // Each is cut off to whole milliseconds.
    const bounds = { lower: shown - after - 1, upper: shown - before + 1 };
    if (best === null || bounds.upper - bounds.lower < best.upper - best.lower) best = bounds;
    if (best.upper - best.lower <= CLOSE_MS) break;
  }
  return best;
}

/** The time of day that a database says it is, in ms since 1970. */
function timeAt(component: Component, at: Endpoint, signal: AbortSignal): Promise<number> {
  return TIME_OF[component](at, signal);
}

const TIME_OF: Readonly<Record<Component, (at: Endpoint, signal: AbortSignal) => Promise<number>>> = {
  cassandra: cassandraTime,
  janusgraph: janusgraphTime,
  opensearch: opensearchTime,
  pulsar: pulsarTime,
  api: apiTime,
  consumer: noTime,
  'node-exporter': noTime,
  prometheus: prometheusTime,
  alertmanager: noTime,
  redis: redisTime,
};

/**
 * What the clock shows. `now()` would not do: its UUIDs never go back, so that one which was ahead seems to be so still. Neither would a
 * write's own time, for the same reason.
 */
const TIME = 'SELECT currentTimestamp() FROM system.local';

const STARTUP = 1;
const READY = 2;
const QUERY = 7;
const RESULT = 8;
const HEADER = 9;

/** Version 4 of the native protocol: a frame of a request. */
function frame(opcode: number, ...body: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(body);
  const header = Buffer.from([4, 0, 0, 0, opcode, 0, 0, 0, 0]);
  header.writeUInt32BE(bytes.length, 5);
  return Buffer.concat([header, bytes]);
}

function shortString(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
}

function longString(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
}

const HELLO = frame(STARTUP, Buffer.from([0, 1]), shortString('CQL_VERSION'), shortString('3.0.0'));
/** At consistency ONE, without any flag. */
const QUESTION = frame(QUERY, longString(TIME), Buffer.from([0, 1, 0]));

/** The only value of the only row: the last eight bytes, after their length. */
export function timestampIn(result: Buffer): number {
  if (result.length < 12 || result.readUInt32BE(result.length - 12) !== 8) throw new Error('no timestamp');
  return Number(result.readBigInt64BE(result.length - 8));
}

function cassandraTime({ host, port }: Endpoint, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, signal });
    let received = Buffer.alloc(0);
    const answer = (opcode: number, body: Buffer): void => {
      if (opcode === READY) {
        socket.write(QUESTION);
        return;
      }
      if (opcode !== RESULT) throw new Error(`Cassandra answered with opcode ${opcode}`);
      resolve(timestampIn(body));
      socket.destroy();
    };
    socket.once('connect', () => socket.write(HELLO));
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      if (received.length < HEADER || received.length < HEADER + received.readUInt32BE(5)) return;
      const end = HEADER + received.readUInt32BE(5);
      const [opcode, body] = [received[4] as number, received.subarray(HEADER, end)];
      received = received.subarray(end);
      try {
        answer(opcode, body);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
}

async function janusgraphTime(at: Endpoint, signal: AbortSignal): Promise<number> {
  const { text } = await postScript(at, { gremlin: 'System.currentTimeMillis()' }, signal);
  return timeIn(text);
}

/** GraphSON, with types or without: the only number that is so large. */
export function timeIn(answer: string): number {
  const found = /"data":.*?\b(\d{12,14})\b/s.exec(answer);
  if (!found) throw new Error(`no time in ${answer.slice(0, 200)}`);
  return Number(found[1]);
}

/** Of its statistics the instant at which it took them: of itself alone, because clocks of a cluster may differ. */
async function opensearchTime({ host, port }: Endpoint, signal: AbortSignal): Promise<number> {
  const answer = await fetch(`http://${host}:${port}/_nodes/_local/stats/http?filter_path=nodes.*.timestamp`, {
    signal,
  });
  const { nodes = {} } = (await answer.json()) as { nodes?: Readonly<Record<string, { timestamp?: number }>> };
  const [own] = Object.values(nodes);
  if (own?.timestamp === undefined) throw new Error('no time in the statistics of OpenSearch');
  return own.timestamp;
}

/** Its brokers say their time to whole seconds only, in a header: too coarse for a bound in milliseconds. */
function pulsarTime(): Promise<number> {
  return Promise.reject(new Error('a broker of Pulsar does not say its time in milliseconds'));
}

async function apiTime({ host, port }: Endpoint, signal: AbortSignal): Promise<number> {
  const answer = await fetch(`http://${host}:${port}/health`, { signal });
  const { time } = (await answer.json()) as { time?: unknown };
  if (typeof time !== 'number') throw new Error('no time in what the API says of its health');
  return time;
}

async function prometheusTime({ host, port }: Endpoint, signal: AbortSignal): Promise<number> {
  const answer = await fetch(`http://${host}:${port}/api/v1/query?query=time()`, { signal });
  const { data } = (await answer.json()) as { data?: { result?: readonly unknown[] } };
  const seconds = data?.result?.[0];
  if (typeof seconds !== 'number') throw new Error('no time in the answer of Prometheus');
  return Math.round(seconds * 1_000);
}

/** Seconds and microseconds, each a string of its own (TIME). */
function redisTime({ host, port }: Endpoint, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, signal });
    let received = '';
    socket.once('connect', () => socket.write('TIME\r\n'));
    socket.on('data', (data) => {
      received += data.toString('latin1');
      const said = /^\*2\r\n\$\d+\r\n(\d+)\r\n\$\d+\r\n(\d+)\r\n/.exec(received);
      if (!said && !received.startsWith('-')) return;
      if (said) resolve(Number(said[1]) * 1_000 + Math.floor(Number(said[2]) / 1_000));
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`no time in the answer of Redis: ${received.slice(0, 80).trim()}`)));
  });
}

function noTime(): Promise<number> {
  return Promise.reject(new Error('an Alertmanager does not say its time'));
}
