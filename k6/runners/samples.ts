import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { InputError, messageOf } from '../../src/errors.ts';

/** One sample of `k6 run --out json=FILE.json.gz`. */
export interface Sample {
  readonly metric: string;
  readonly atMs: number;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
}

const point = z.object({
  metric: z.string(),
  data: z.object({
    time: z.string().transform((text) => Date.parse(text)),
    value: z.number(),
    tags: z.record(z.string(), z.string()),
  }),
});

/** A longer line is not k6's. */
const MOST_CHARACTERS = 1 << 20;

/**
 * Calls `take` for each sample of those metrics, in the file's order, in bounded memory. Gives back whether the file ends in its middle, as it does when k6
 * died. An InputError names the line that is none of k6's.
 */
export async function readSamples(
  file: string,
  wanted: (metric: string) => boolean,
  take: (sample: Sample) => void,
): Promise<{ readonly torn: boolean }> {
  let number = 0;
  let rest = '';
  const line = (text: string): void => {
    number += 1;
    const sample = sampleOf(text, wanted, `${file}:${number}`);
    if (sample) take(sample);
  };
  try {
    for await (const chunk of textOf(file)) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MOST_CHARACTERS) throw notK6(`${file}:${number + 1}`, 'a line without an end');
      for (const each of lines) line(each);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR') return { torn: true };
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (number === 0 && rest === '') throw new InputError(`${file}: expected samples of k6, got nothing`);
  return { torn: rest !== '' };
}

function sampleOf(text: string, wanted: (metric: string) => boolean, place: string): Sample | null {
  // Most lines are of other metrics: these are not parsed further.
  const metric = /^\{"metric":"([^"\\]+)","type":"(?:Point|Metric)"/.exec(text)?.[1];
  if (metric !== undefined && !wanted(metric)) return null;
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (error) {
    throw notK6(place, messageOf(error));
  }
  const type = (line as { type?: unknown } | null)?.type;
  if (type === 'Metric') return null;
  const parsed = point.safeParse(line);
  if (type !== 'Point' || !parsed.success) throw notK6(place, parsed.error?.issues[0]?.message ?? `type ${type}`);
  const { time, value, tags } = parsed.data.data;
  if (!Number.isFinite(time)) throw notK6(place, 'a time that is none');
  return wanted(parsed.data.metric) ? { metric: parsed.data.metric, atMs: time, value, tags } : null;
}

function notK6(place: string, what: string): InputError {
  return new InputError(`${place}: expected a line of k6 run --out json=FILE, got ${what}`);
}

function textOf(file: string): Readable {
  const zipped = isZipped(file);
  const bytes = createReadStream(file);
  // What breaks one of them breaks the other, and is thrown where it is read.
  return (zipped ? pipeline(bytes, createGunzip(), () => {}) : bytes).setEncoding('utf8');
}

function isZipped(file: string): boolean {
  const start = Buffer.alloc(2);
  const opened = openSync(file, 'r');
  try {
    readSync(opened, start);
  } finally {
    closeSync(opened);
  }
  return start.equals(Buffer.from([0x1f, 0x8b]));
}
