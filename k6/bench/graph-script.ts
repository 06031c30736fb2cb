/** The statement of the bench as a script with a binding, over our WebSockets. */
import gremlin from 'k6/x/gremlin';
import { accountKey, SCRIPT, url } from './account.ts';
import { operate } from './open-loop.ts';

const client = gremlin.connect({ url, timeoutMs: 2000 });
const request = { bindings: { x: accountKey }, writes: false };

export { handleSummary, options } from './open-loop.ts';
export const setup = (): void => client.open();
export default (): void =>
  operate(() => {
    const answer = client.submit(SCRIPT, request);
    return answer.ok && answer.data()[0] === accountKey;
  });
