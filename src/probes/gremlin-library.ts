import { createRequire } from 'node:module';

/** What is used of the package `gremlin`. It is CommonJS without names that an import could see, and its serializers are not in its types. */
const load = createRequire(import.meta.url);

const library = load('gremlin') as typeof import('gremlin');

export const { Bytecode, P, statics, Traverser } = library.process;
export type BytecodeOf = InstanceType<typeof Bytecode>;

interface Response {
  readonly requestId: string | null;
  readonly status: { readonly code: number; readonly message: string | null };
  readonly result: { readonly data: unknown };
}

interface Request {
  readonly requestId: string;
  readonly op: string;
  readonly processor: string;
  readonly args: Readonly<Record<string, unknown>>;
}

interface GraphBinary {
  readonly graphBinaryWriter: { writeRequest(request: Request): Buffer };
  /** Throws for what it does not know, such as a server's own types. */
  readonly graphBinaryReader: { readResponse(bytes: Buffer): Response };
}

export const { graphBinaryReader, graphBinaryWriter } = load(
  'gremlin/lib/structure/io/binary/GraphBinary.js',
) as GraphBinary;
