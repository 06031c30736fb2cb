import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import type { process as gremlin } from 'gremlin';

/** What is used of the serializer, which the package ships without types. */
interface GraphBinary {
  readonly graphBinaryWriter: {
    writeRequest(request: { requestId: string; op: string; processor: string; args: unknown }): Buffer;
  };
  readonly graphBinaryReader: {
    readResponse(frame: Buffer): {
      status: { code: number; message: string | null };
      result: { data: unknown };
    };
  };
}

const { graphBinaryReader, graphBinaryWriter } = createRequire(import.meta.url)(
  'gremlin/lib/structure/io/binary/GraphBinary.js',
) as GraphBinary;

const MIME_TYPE = 'application/vnd.graphbinary-v1.0';
const HEADER = Buffer.concat([Buffer.from([MIME_TYPE.length]), Buffer.from(MIME_TYPE)]);
/** Every request asks for the server's traversal source of this name. */
const ALIASES = new Map([['g', 'g']]);

/** One request in the words of the Gremlin Server protocol. */
export type GremlinRequest =
  | { readonly type: 'traversal'; readonly bytecode: gremlin.Bytecode }
  /** A Groovy script, for the schema only. */
  | { readonly type: 'script'; readonly script: string; readonly evaluationTimeoutMs: number }
  /** Answer to a challenge. */
  | { readonly type: 'authentication'; readonly username: string; readonly password: string };

/** One frame of an answer; several of status 206 may come before the last. */
export interface GremlinFrame {
  readonly status: number;
  readonly message: string;
  readonly data: readonly unknown[];
}

export function newRequestId(): string {
  return randomUUID();
}

/** The bytes of a request, ready for one binary WebSocket message. */
export function encodeRequest(requestId: string, request: GremlinRequest): Buffer {
  return Buffer.concat([HEADER, graphBinaryWriter.writeRequest({ requestId, ...operationOf(request) })]);
}

function operationOf(request: GremlinRequest): { op: string; processor: string; args: unknown } {
  switch (request.type) {
    case 'traversal':
      return { op: 'bytecode', processor: 'traversal', args: { gremlin: request.bytecode, aliases: ALIASES } };
    case 'script': {
      const { script, evaluationTimeoutMs: evaluationTimeout } = request;
      return { op: 'eval', processor: '', args: { gremlin: script, language: 'gremlin-groovy', evaluationTimeout } };
    }
    case 'authentication': {
      const sasl = Buffer.from(`\u0000${request.username}\u0000${request.password}`).toString('base64');
      return { op: 'authentication', processor: 'traversal', args: { saslMechanism: 'PLAIN', sasl } };
    }
  }
}

/** The request that a frame answers; null where the server could not tell. Needs nothing of the frame but its first 18 bytes. */
export function requestIdOf(frame: Buffer): string | null {
  if (frame.length < 18 || frame[1] !== 0) return null;
  const hex = frame.toString('hex', 2, 18);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Decodes a frame; throws on a type that the serializer does not know. */
export function decodeFrame(frame: Buffer): GremlinFrame {
  const { status, result } = graphBinaryReader.readResponse(frame);
  const { data } = result;
  return {
    status: status.code,
    message: status.message ?? '',
    data: Array.isArray(data) ? data : data === null || data === undefined ? [] : [data],
  };
}
