import type { QueryWork } from '../lasting.ts';

const MIME = Buffer.from('application/vnd.gremlin-v3.0+json');

/**
 * A traversal that never ends. Both send what they find as they go, because a Gremlin Server looks only between two results whether anybody listens
 * still, and gives up then: without that nothing but its time-out would end them. `computes` keeps a core busy, and finds something once in ten
 * thousand turns; `waits` takes a worker and no core, as a query does whose store is slow, and finds something four times a second.
 */
export function queryScript(work: QueryWork): string {
  return work === 'computes'
    ? 'g.inject(1).repeat(__.constant(1)).emit(__.coin(0.0001d))'
    : 'g.inject(1).repeat(__.sideEffect{ Thread.sleep(250) }).emit()';
}

/** Counts the server's threads in which a traversal goes round and round. */
export function countScript(): string {
  return "Thread.allStackTraces.count { t, s -> t.name.startsWith('gremlin-server-') && s.any { it.className.contains('RepeatStep') } }";
}

/** A script as a Gremlin Server takes it over a WebSocket, each result to be sent at once. */
export function requestOf(id: string, gremlin: string): Buffer {
  const args = ['gremlin', gremlin, 'language', 'gremlin-groovy', 'batchSize', { '@type': 'g:Int32', '@value': 1 }];
  const request = {
    requestId: { '@type': 'g:UUID', '@value': id },
    op: 'eval',
    processor: '',
    args: { '@type': 'g:Map', '@value': args },
  };
  return Buffer.concat([Buffer.from([MIME.length]), MIME, Buffer.from(JSON.stringify(request))]);
}

/** What an answer says; an Error when it is none. */
export function readAnswer(data: Buffer): { readonly id: string; readonly code: number; readonly message: string } {
  const { requestId, status } = JSON.parse(data.toString()) as {
    requestId: string;
    status: { code: number; message: string };
  };
  return { id: requestId, code: status.code, message: status.message };
}

/** Whether an answer of this status is followed by another (206, partial content). */
export function isRunning(code: number): boolean {
  return code === 206;
}
