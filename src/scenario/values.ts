import { z } from 'zod';
import { parseDuration } from '../duration.ts';

const NUMBER = String.raw`\d{1,9}(?:\.\d{1,6})?`;
const UNIT = '(?:us|ms|s|m|h|d)';
const ABOVE_ZERO = '(?=[0.]*[1-9])';
const YEAR_US = 366 * 86_400_000_000;
/** What one client process could ever offer; more is a slip of the pen. */
const MAX_RATE = 20_000;

const aDuration = 'expected a duration with its unit, such as 250ms, 30s or 10m, of at most 366d';
const aPositiveDuration = 'expected a duration above zero with its unit, such as 250ms, 30s or 10m, of at most 366d';

/** A duration with its unit, `0s` included; read as microseconds. */
export const duration = () => text(`^${NUMBER} ?${UNIT}$`, aDuration, readDuration);

/** A duration above zero with its unit; read as microseconds. */
export const positiveDuration = () =>
  text(`^${ABOVE_ZERO}${NUMBER} ?${UNIT}$`, aPositiveDuration, (value) => readDuration(value) || null);

/** `30s`, or `at once`, read as 0: a promise without any time. */
export const promisedDuration = () =>
  text(`^(?:at once|${ABOVE_ZERO}${NUMBER} ?${UNIT})$`, `${aPositiveDuration}, or "at once"`, (value) =>
    value === 'at once' ? 0 : readDuration(value) || null,
  );

/** `100/s`: operations a second; read as a number. */
export const rate = () =>
  text(`^${ABOVE_ZERO}${NUMBER}/s$`, `expected a rate such as 100/s, above 0 and at most ${MAX_RATE}/s`, (value) => {
    const perSecond = Number(value.slice(0, -'/s'.length));
    return perSecond <= MAX_RATE ? perSecond : null;
  });

/** `1000/s` or `> 1000/s`: more than; `>= 1000/s`: at least. */
export const rateBound = () =>
  text(
    `^(?:>=? ?)?${ABOVE_ZERO}${NUMBER}/s$`,
    'expected a rate such as 1000/s, "> 1000/s" or ">= 1000/s"',
    (value): { op: '>' | '>='; target: number } => {
      const [, op = '', number = ''] = /^(>=?)? ?(.*)\/s$/.exec(value) ?? [];
      return { op: op === '>=' ? '>=' : '>', target: Number(number) };
    },
  );

/** `99.99%`: more than 0 % and less than 100 %; read as a ratio. */
export const percentage = () =>
  text(PERCENTAGE, 'expected a percentage between 0% and 100%, both excluded, such as 99.99%', ratioOf);

/** `5 failures`; read as a whole number. */
export const failures = () =>
  text(String.raw`^[1-9]\d{0,5} failures?$`, 'expected a number of failures such as "5 failures"', (value) =>
    Number.parseInt(value, 10),
  );

/** What an objective compares with. */
interface Bound {
  readonly op: '<' | '<=';
  readonly target_us: number;
}

/** `30m` or `< 30m`: less than; `<= 30m`: at most. A bound that nothing can meet (`< 0s`) is an error. */
export const bound = () =>
  text(
    `^(?:<= ?${NUMBER}|(?:< ?)?${ABOVE_ZERO}${NUMBER}) ?${UNIT}$`,
    'expected a bound such as 30m, "< 30m" or "<= 30m", with its unit, which something can meet',
    readBound,
  );

const aLossBound = 'expected 0, or a bound with its unit such as 5m, "< 5m" or "<= 5m"';

/** As `bound`; `0` and `0s` mean no loss: `<= 0`. */
export const lossBound = () =>
  z.union(
    [
      z.literal(0).transform((): Bound => ({ op: '<=', target_us: 0 })),
      text(`^(?:(?:<= ?)?${NUMBER}|< ?${ABOVE_ZERO}${NUMBER}) ?${UNIT}$`, aLossBound, readBound),
    ],
    { error: aLossBound },
  );

/** A duration above zero that stays as it was written; `durationMs` reads it. For what goes through a schema more than once. */
export const durationText = () =>
  z
    .string({ error: aPositiveDuration })
    .regex(new RegExp(`^${ABOVE_ZERO}${NUMBER} ?${UNIT}$`), { error: aPositiveDuration })
    .refine((value) => (readDuration(value) ?? 0) > 0, { error: aPositiveDuration });

/** Milliseconds of a text that `durationText` accepted. */
export const durationMs = (text: string): number => (readDuration(text) as number) / 1000;

const OFFSET_LEAST_MS = 100;
const OFFSET_MOST_MS = 86_400_000;

/** A signed duration of 100 ms to 24 h, such as `+5m` or `-30s`, that stays as it was written; `offsetMs` reads it. */
export const offsetText = () => {
  const error = 'expected a sign, a duration and its unit, such as +5m or -30s, of 100ms to 24h';
  return z
    .string({ error })
    .regex(new RegExp(`^[+-]${ABOVE_ZERO}${NUMBER} ?${UNIT}$`), { error })
    .refine((value) => Math.abs(offsetMs(value)) >= OFFSET_LEAST_MS && Math.abs(offsetMs(value)) <= OFFSET_MOST_MS, {
      error,
    });
};

/** Milliseconds of a text that `offsetText` accepted; above zero: ahead. */
export const offsetMs = (text: string): number => (text.startsWith('-') ? -1 : 1) * durationMs(text.slice(1));

const PERCENTAGE = String.raw`^${ABOVE_ZERO}\d{1,2}(?:\.\d{1,6})? ?%$`;

/** A percentage above 0 % and below 100 % that stays as it was written; `ratioOf` reads it. */
export const percentageText = () => {
  const error = 'expected a percentage between 0% and 100%, both excluded, such as 30%';
  return z.string({ error }).regex(new RegExp(PERCENTAGE), { error });
};

const BYTE_RATE = /^([1-9]\d{0,5})(kB|MB)\/s$/;
/** A page a second; more than any disk. */
const LEAST_BYTES = 4_096;
const MOST_BYTES = 1e11;

/** `8kB/s`, `2MB/s`, that stays as it was written; `bytesPerSecond` reads it. */
export const byteRateText = () => {
  const error = 'expected bytes a second such as 8kB/s or 2MB/s, at least 5kB/s';
  return z
    .string({ error })
    .regex(BYTE_RATE, { error })
    .refine((value) => bytesPerSecond(value) >= LEAST_BYTES && bytesPerSecond(value) <= MOST_BYTES, { error });
};

/** Of a text that `byteRateText` accepted. */
export function bytesPerSecond(text: string): number {
  const [, amount, unit] = BYTE_RATE.exec(text) ?? [];
  return Number(amount) * (unit === 'MB' ? 1_000_000 : 1_000);
}

/** Moving the decimal point in the text keeps 99.99 % at 0.9999; a division by 100 does not. */
export const ratioOf = (text: string): number => Number(`${text.replace(/ ?%$/, '')}e-2`);

function readDuration(value: string): number | null {
  const us = parseDuration(value);
  return us !== null && us <= YEAR_US ? us : null;
}

function readBound(value: string): Bound | null {
  const [, op, amount] = /^(<=?)? ?(.*)$/.exec(value) ?? [];
  const target_us = readDuration(amount ?? '');
  if (target_us === null) return null;
  if (target_us > 0) return { op: op === '<=' ? '<=' : '<', target_us };
  return op === '<' ? null : { op: '<=', target_us };
}

/** Text of a form; `expected` is the whole message, also where the form is right and the value is not. */
function text<T>(pattern: string, expected: string, read: (value: string) => T | null) {
  return z
    .string({ error: expected })
    .regex(new RegExp(pattern), { error: expected })
    .transform((value, context): T => {
      const result = read(value);
      if (result !== null) return result;
      context.issues.push({ code: 'custom', message: expected, input: value });
      return z.NEVER;
    });
}
