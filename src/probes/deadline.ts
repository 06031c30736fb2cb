/** No answer came in time: what was asked may be done all the same. */
export class Late extends Error {}

/** The promise's outcome, or a Late after `ms`: a driver that never settles must not hold an operation. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
