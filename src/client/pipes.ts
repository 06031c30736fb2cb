import { writeSync } from 'node:fs';

/** Ends the process when its standard input does, whatever it is doing: it never outlives its harness. */
export function exitWithStdin(): void {
  process.stdin.once('end', () => process.exit(0));
}

/** A line on a pipe, at once; a pipe that is full for a moment is no error. Throws when nobody reads any more. */
export function writeAll(fd: number, text: string): void {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (error) {
      if ((error as { code?: string }).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
