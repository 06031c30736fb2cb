import { z } from 'zod';
import { checksum } from '../../history/checksum.ts';

const payloadSchema = z.object({ key: z.string(), seq: z.int(), sum: z.string() });

/** What a message says: its write's key and number, and their checksum. */
export function formatPayload(key: string, seq: number): string {
  return JSON.stringify({ key, seq, sum: checksum(key, seq) });
}

/** What is wrong with a message that is to be this write's, and the checksum that it carries. */
export function judgePayload(
  message: { readonly key: string; readonly payload: string },
  key: string,
  seq: number,
): { readonly right: boolean; readonly valueSha: string } {
  let said: unknown;
  try {
    said = JSON.parse(message.payload);
  } catch {
    return { right: false, valueSha: '' };
  }
  const parsed = payloadSchema.safeParse(said);
  if (!parsed.success) return { right: false, valueSha: '' };
  const { sum } = parsed.data;
  const right = message.key === key && parsed.data.key === key && parsed.data.seq === seq && sum === checksum(key, seq);
  return { right, valueSha: sum };
}
