import { type FileHandle, open } from 'node:fs/promises';
import { messageOf } from '../errors.ts';

export interface CsvWriter<Row> {
  /** Appends rows, or whole lines that were formatted elsewhere; with the operating system when it resolves. Calls are kept in order. */
  write(rows: readonly Row[] | string): Promise<void>;
  /** On disk (fsync) when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Creates `path`, which must not exist, with its header, and appends in the order of the calls. */
export async function openCsvWriter<Row>(
  path: string,
  header: string,
  format: (row: Row) => string,
): Promise<CsvWriter<Row>> {
  const file = await open(path, 'ax');
  let last: Promise<void> = Promise.resolve();
  const enqueue = (work: () => Promise<void>): Promise<void> => {
    // One failed write fails every later one: a hole in the middle of the file would look like a whole record.
    last = last.then(work).catch((error: unknown) => {
      throw new Error(`${path}: cannot write (${messageOf(error)})`, { cause: error });
    });
    last.catch(() => undefined);
    return last;
  };
  await enqueue(() => writeAll(file, header));
  return {
    write(rows) {
      const text = typeof rows === 'string' ? rows : rows.map(format).join('');
      if (text !== '' && !text.endsWith('\n')) {
        return Promise.reject(new Error(`${path}: expected whole lines, got a part of one: ${text.slice(-80)}`));
      }
      return enqueue(() => writeAll(file, text));
    },
    sync: () => enqueue(() => file.sync()),
    async close() {
      try {
        await enqueue(() => file.sync());
      } finally {
        await file.close();
      }
    },
  };
}

async function writeAll(file: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}
