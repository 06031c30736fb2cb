/** Asks APIs whether they let somebody in, from where it is run. */
import type { SignInQuestion } from './api-effects.ts';
import { serveQuestions } from './helper-process.ts';

serveQuestions(async ({ url, account, password, ms }: SignInQuestion): Promise<number> => {
  const authorization = `Basic ${Buffer.from(`${account}:${password}`).toString('base64')}`;
  const answer = await fetch(url, { headers: { authorization }, signal: AbortSignal.timeout(ms) }).catch(() => null);
  await answer?.arrayBuffer();
  return answer?.status ?? 0;
});
