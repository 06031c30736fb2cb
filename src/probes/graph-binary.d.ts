declare module 'gremlin/lib/structure/io/binary/GraphBinary.js' {
  import type { Buffer } from 'node:buffer';

  interface GraphBinaryResponse {
    readonly requestId: string | null;
    readonly status: {
      readonly code: number;
      readonly message: string | null;
      readonly attributes: Map<string, unknown>;
    };
    readonly result: { readonly meta: Map<string, unknown>; readonly data: unknown };
  }

  interface GraphBinaryRequest {
    readonly requestId: string;
    readonly op: string;
    readonly processor: string;
    readonly args: Readonly<Record<string, unknown>>;
  }

  const graphBinary: {
    readonly graphBinaryWriter: { writeRequest(request: GraphBinaryRequest): Buffer };
    /** Throws for what it does not know, such as a server's own types. */
    readonly graphBinaryReader: { readResponse(bytes: Buffer): GraphBinaryResponse };
  };
  export default graphBinary;
}
