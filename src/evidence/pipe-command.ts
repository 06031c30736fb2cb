import { spawn } from 'node:child_process';
import { InputError } from '../errors.ts';

/** Somebody may have to enter a PIN, or touch a token. */
const COMMAND_MS = 120_000;

/** A command that was given as a JSON array; null: the text is none. */
export function argvOf(text: string): readonly string[] | null {
  let argv: unknown;
  try {
    argv = JSON.parse(text);
  } catch {
    return null;
  }
  const words =
    Array.isArray(argv) && argv.every((word) => typeof word === 'string' && !word.includes('\0')) ? argv : [];
  return words.length === 0 || words[0] === '' ? null : (words as string[]);
}

/**
 * Runs a command that answers, such as one of PKCS#11 or a key service: no shell, the bytes on its standard input, at most `atMost` bytes of answer on its
 * standard output; its standard error is the caller's. `what` names it in errors. An InputError that never repeats its arguments: a PIN may be among them.
 */
export async function runPipeCommand(
  what: string,
  argv: readonly string[],
  input: Uint8Array,
  atMost: number,
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
    if (bytes > atMost) child.kill('SIGKILL');
    else chunks.push(chunk);
  });
  // It may end without reading all: its exit code, or what it gives, decides.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = await new Promise<string>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve(deadline.aborted ? `gave no answer within ${COMMAND_MS / 1000} s` : `cannot be run (${error.code})`),
    );
    child.on('close', (code, killed) => resolve(code === 0 ? '' : `ended with ${code ?? killed}`));
  });
  if (bytes > atMost) throw new InputError(`${what}: expected at most ${atMost} bytes, got more`);
  if (ended !== '') throw new InputError(`${what} ${ended}`);
  return Buffer.concat(chunks);
}
