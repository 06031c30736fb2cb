/** The statement of the bench as a script with a binding, over our WebSockets. */
import gremlin from 'k6/x/gremlin';
import { operate } from './open-loop.ts';
import { script, text, url } from './statement.ts';

const client = gremlin.connect({ url, timeoutMs: 2000 });
const request = { bindings: { x: text }, writes: false };

export { handleSummary, linger as teardown, options } from './open-loop.ts';
export const setup = (): void => client.open();
export default (): void =>
  operate(() => {
    const answer = client.submit(script, request);
    return answer.ok && answer.data()[0] === text;
  });
