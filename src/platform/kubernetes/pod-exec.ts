import { Writable } from 'node:stream';
import { Exec, type V1Status } from '@kubernetes/client-node';
import { messageOf, PlatformError } from '../../errors.ts';
import type { Cluster } from './cluster.ts';

/** What a command may print. */
const MAX_BYTES = 10_000_000;

/** A command that ran, and ended otherwise than with 0. */
export class CommandError extends PlatformError {
  /** Null: the container runtime does not say. */
  readonly exitCodeOfCommand: number | null;

  constructor(message: string, exitCode: number | null) {
    super(message);
    this.exitCodeOfCommand = exitCode;
  }
}

/** Runs a command in a container; its standard output. A CommandError with what it printed on standard error; a PlatformError when it could not be run, or at the signal. */
export async function execInPod(
  cluster: Cluster,
  { pod, container }: { readonly pod: string; readonly container: string },
  command: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const place = `${command.join(' ')} in ${pod} (context ${cluster.context})`;
  signal.throwIfAborted();
  const output = collector();
  const errors = collector();
  const status = Promise.withResolvers<V1Status>();
  const fail = (error: unknown): void =>
    status.reject(new PlatformError(`${place}: ${messageOf(error)}`, { cause: error }));
  const exec = new Exec(cluster.config);
  const opening = exec.exec(
    cluster.namespace,
    pod,
    container,
    [...command],
    output,
    errors,
    null,
    false,
    status.resolve,
  );
  const aborted = (): void => fail(signal.reason);
  signal.addEventListener('abort', aborted, { once: true });
  void opening.then((socket) => {
    socket.on('error', fail);
    // It ends without a status when the connection is cut: what became of the command is not known.
    socket.on('close', () => fail(new Error('the connection ended before the command said how it ended')));
  }, fail);
  try {
    const { status: outcome, message = '', reason, details } = await status.promise;
    if (outcome === 'Success') return output.text();
    const said = `${place}: ${errors.text().trim() || message}`;
    if (reason !== 'NonZeroExitCode') throw new PlatformError(said);
    const code = Number((details?.causes ?? []).find((cause) => cause.reason === 'ExitCode')?.message ?? Number.NaN);
    throw new CommandError(said, Number.isNaN(code) ? null : code);
  } finally {
    signal.removeEventListener('abort', aborted);
    void opening.then((socket) => socket.terminate()).catch(() => {});
  }
}

function collector(): Writable & { text(): string } {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done): void {
      bytes += chunk.length;
      if (bytes <= MAX_BYTES) chunks.push(chunk);
      done();
    },
  });
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString('utf8') });
}
