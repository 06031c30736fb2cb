/** The statement of the bench as bytecode, over our WebSockets. */
import gremlin from 'k6/x/gremlin';
import { operate } from './open-loop.ts';
import { steps, text, url } from './statement.ts';

const client = gremlin.connect({ url, timeoutMs: 2000 });

export { handleSummary, linger as teardown, options } from './open-loop.ts';
export const setup = (): void => client.open();
export default (): void =>
  operate(() => {
    const answer = client.bytecode(steps, { writes: false });
    return answer.ok && answer.data()[0] === text;
  });
