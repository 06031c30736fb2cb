/** Asks APIs whether they let somebody in, from where it is run: an HTTP status, 0 where there is no answer. */
import type { SignInQuestion } from './api-effects.ts';
import { serveQuestions } from './helper-process.ts';

serveQuestions(async ({ url, account, password, ms }: SignInQuestion): Promise<number> => {
  const authorization = `Basic ${Buffer.from(`${account}:${password}`).toString('base64')}`;
  try {
    const answer = await fetch(url, { headers: { authorization }, signal: AbortSignal.timeout(ms) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
});
