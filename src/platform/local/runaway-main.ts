/**
 * Queries that never end by themselves: `node runaway-main.ts HOST PORT PARALLEL computes|waits` keeps so many in evaluation at a Gremlin Server, the
 * next sent when one ends, and tells what became of them as JSON lines (`RunawayReport`). Once its standard input ends it closes its connection, on
 * which the server gives up what it evaluates for it, and exits with 0 when the server says that no thread of its does so any more.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { messageOf } from '../../errors.ts';
import type { QueryWork } from '../lasting.ts';
import { postScript } from '../post-script.ts';
import type { RunawayReport } from './runaway.ts';
import { countScript, isRunning, queryScript, readAnswer, requestOf } from './runaway-frames.ts';

const REPORT_MS = 250;
/** A query of which nothing was heard for so long is not under way: each says something several times a second. */
const SILENT_MS = 2_000;
/** Longer than the server's own time-out; one that got no answer at all by then is sent again. */
const ANSWER_MS = 60_000;
const AGAIN_MS = 500;
const ASK_MS = 5_000;

interface Query {
  readonly sentMs: number;
  /** When the server last said something for it, or for the one in whose place it came; 0: nothing yet. */
  heardMs: number;
}

const [, , host = '', port = '0', parallel = '1', work = 'computes'] = process.argv;
const script = queryScript(work as QueryWork);
const underWay = new Map<string, Query>();
let timedOut = 0;
let failed = 0;
let lastFailure = '';
let socket: WebSocket | null = null;
let ending = false;

process.on('SIGINT', () => {});
process.stdin.resume();
process.stdin.once('end', () => void end());
setInterval(report, REPORT_MS);
connect();

function connect(): void {
  if (ending) return;
  const opened = new WebSocket(`ws://${host}:${port}/gremlin`, { handshakeTimeout: ASK_MS, perMessageDeflate: false });
  socket = opened;
  opened.on('open', () => {
    for (let n = 0; n < Number(parallel); n += 1) send();
  });
  opened.on('error', (error) => fail(messageOf(error)));
  opened.on('close', () => {
    for (const _ of underWay) fail('the connection was closed');
    underWay.clear();
    setTimeout(connect, AGAIN_MS);
  });
  opened.on('message', (data) => hear(data as Buffer));
}

function send(heardMs = 0): void {
  if (ending || socket?.readyState !== WebSocket.OPEN) return;
  const id = randomUUID();
  underWay.set(id, { sentMs: performance.now(), heardMs });
  socket.send(requestOf(id, script));
}

function hear(data: Buffer): void {
  const { id, code, message } = readAnswer(data);
  const query = underWay.get(id);
  if (!query) return;
  query.heardMs = performance.now();
  if (isRunning(code)) return;
  underWay.delete(id);
  if (code === 598) {
    timedOut += 1;
    send(query.heardMs);
    return;
  }
  fail(`${code} ${message}`);
  setTimeout(send, AGAIN_MS);
}

function fail(why: string): void {
  if (ending) return;
  failed += 1;
  lastFailure = why.slice(0, 200);
}

function report(): void {
  const now = performance.now();
  for (const [id, { sentMs }] of underWay) {
    if (now - sentMs < ANSWER_MS) continue;
    underWay.delete(id);
    fail('no answer');
    send();
  }
  const evaluating = [...underWay.values()].filter(({ heardMs }) => heardMs > 0 && now - heardMs < SILENT_MS).length;
  const said: RunawayReport = { evaluating, timedOut, failed, lastFailure };
  process.stdout.write(`${JSON.stringify(said)}\n`);
}

async function end(): Promise<void> {
  ending = true;
  socket?.terminate();
  for (;;) {
    if ((await stillEvaluated().catch(() => null)) === 0) process.exit(0);
    await sleep(AGAIN_MS);
  }
}

/** In how many threads the server evaluates such a query, as it says itself. */
async function stillEvaluated(): Promise<number> {
  const at = { host, port: Number(port) };
  const { status, text } = await postScript(at, { gremlin: countScript() }, AbortSignal.timeout(ASK_MS));
  const found = /"@value":\s*(\d+)\s*\}\s*\]/.exec(text);
  if (status !== 200 || !found) throw new Error(`the server answered with ${status}`);
  return Number(found[1]);
}
