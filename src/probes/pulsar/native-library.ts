import { messageOf, PlatformError } from '../../errors.ts';

/** What is used of the npm package `pulsar-client`, which is no dependency: its install fetches a native library that many networks refuse. */
export interface NativeLibrary {
  readonly Client: new (config: Readonly<Record<string, unknown>>) => NativeClient;
  readonly MessageId: { earliest(): NativeId; deserialize(bytes: Buffer): NativeId };
  readonly AuthenticationBasic: new (config: { username: string; password: string }) => unknown;
  readonly AuthenticationToken: new (config: { token: string }) => unknown;
}

export interface NativeId {
  serialize(): Buffer;
}

export interface NativeMessage {
  getMessageId(): NativeId;
  getData(): Buffer;
  getPartitionKey(): string;
  getRedeliveryCount(): number;
}

export interface NativeProducer {
  send(message: { data: Buffer; partitionKey: string; disableReplication?: boolean }): Promise<NativeId>;
  isConnected(): boolean;
  close(): Promise<null>;
}

export interface NativeSource {
  isConnected(): boolean;
  close(): Promise<null>;
}

export interface NativeReader extends NativeSource {
  readNext(timeoutMs: number): Promise<NativeMessage>;
}

export interface NativeConsumer extends NativeSource {
  receive(timeoutMs: number): Promise<NativeMessage>;
  acknowledge(message: NativeMessage): Promise<null>;
  negativeAcknowledge(message: NativeMessage): void;
}

export interface NativeClient {
  createProducer(config: Readonly<Record<string, unknown>>): Promise<NativeProducer>;
  subscribe(config: Readonly<Record<string, unknown>>): Promise<NativeConsumer>;
  createReader(config: Readonly<Record<string, unknown>>): Promise<NativeReader>;
  close(): Promise<null>;
}

/** A name that no bundler and no type checker looks for. */
const PACKAGE: string = 'pulsar-client';

/** The package; a PlatformError with what helps where it is not installed, or cannot be loaded. */
export async function loadNative(load: () => Promise<unknown> = () => import(PACKAGE)): Promise<NativeLibrary> {
  try {
    const loaded = (await load()) as { default?: unknown };
    return (loaded.default ?? loaded) as NativeLibrary;
  } catch (error) {
    throw new PlatformError(`the npm package pulsar-client cannot be used: ${messageOf(error).slice(0, 200)}`, {
      cause: error,
      hint: 'npm install --no-save pulsar-client, which fetches a native library; or transport: websocket',
    });
  }
}
