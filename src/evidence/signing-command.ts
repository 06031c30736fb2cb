import { spawn } from 'node:child_process';
import { InputError } from '../errors.ts';
import { SIGNATURE_BYTES } from './dsse.ts';

/** Somebody may have to enter a PIN, or touch a token. */
const COMMAND_MS = 120_000;

/**
 * Runs a command that signs, such as one of PKCS#11 or a key service: no shell, the bytes to sign on its standard input, the raw signature (64 bytes) on its
 * standard output; its standard error is the caller's. An InputError that never repeats its arguments: a PIN may be among them.
 */
export async function runSigningCommand(
  argv: readonly string[],
  encoded: Uint8Array,
  signal: AbortSignal,
): Promise<Buffer> {
  const deadline = AbortSignal.timeout(COMMAND_MS);
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    signal: AbortSignal.any([signal, deadline]),
    killSignal: 'SIGKILL',
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > SIGNATURE_BYTES) child.kill('SIGKILL');
    else chunks.push(chunk);
  });
  // It may end without reading all: its exit code, or what it gives, decides.
  child.stdin.on('error', () => {});
  child.stdin.end(encoded);
  const ended = await new Promise<string>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve(deadline.aborted ? `gave no answer within ${COMMAND_MS / 1000} s` : `cannot be run (${error.code})`),
    );
    child.on('close', (code, killed) => resolve(code === 0 ? '' : `ended with ${code ?? killed}`));
  });
  if (bytes > SIGNATURE_BYTES)
    throw new InputError(`the signing command: expected a raw signature of ${SIGNATURE_BYTES} bytes, got more`);
  if (ended !== '') throw new InputError(`the signing command ${ended}`);
  if (bytes !== SIGNATURE_BYTES)
    throw new InputError(`the signing command: expected a raw signature of ${SIGNATURE_BYTES} bytes, got ${bytes}`);
  return Buffer.concat(chunks);
}
