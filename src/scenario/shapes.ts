import { z } from 'zod';
import { refusedWords } from '../refused-words.ts';
import { SHOWN } from '../text.ts';

const KEBAB = '[a-z][a-z0-9]*(?:-[a-z0-9]+)*';

export const name = (what: string) => {
  const error = `expected ${what} in lower case with hyphens, such as site-failover`;
  return z
    .string({ error })
    .max(60)
    .regex(new RegExp(`^${KEBAB}$`), { error });
};

export const text = (max: number) =>
  z.string().max(max).regex(SHOWN, { error: 'expected text without control characters' });
/** Of people, for people: reports print it, so it holds no word that a report must not use. */
export const sentence = () =>
  text(2_000)
    .trim()
    .min(1)
    .superRefine((value, context) => {
      for (const { word, instead } of refusedWords(value))
        context.addIssue({
          code: 'custom',
          message: `expected words that a report may print, got “${word}”, which promises more than a run can show: ${instead}`,
        });
    });
export const siteName = () => text(60).min(1);

/**
 * The parameters of a probe or a fault beside the fields that all of them have; an Error (a defect) when one has the name of a common field. Typed as
 * nothing: they are its own.
 */
export function parameters(
  shape: z.core.$ZodShape,
  common: Record<string, unknown>,
  what: string,
): Record<never, never> {
  for (const key of Object.keys(shape)) {
    if (Object.hasOwn(common, key) || key === 'probe' || key === 'type')
      throw new Error(`${what}: its parameter ${key} has the name of a common field`);
  }
  return shape;
}

export function some<T>(options: T[], what: string): [T, ...T[]] {
  const [first, ...rest] = options;
  if (first === undefined) throw new Error(`no kind of ${what} is registered`);
  return [first, ...rest];
}
