/** The statement of the bench as a script with a binding, over HTTP POST: k6 as it comes, without an extension. */
import http from 'k6/http';
import { operate } from './open-loop.ts';
import { script, text, url } from './statement.ts';

const address = url.replace(/^ws/, 'http');
const body = JSON.stringify({ gremlin: script, bindings: { x: text }, language: 'gremlin-groovy' });
const request = { headers: { 'content-type': 'application/json' }, timeout: '2s' };

export { handleSummary, linger as teardown, options } from './open-loop.ts';
export default (): void =>
  operate(() => {
    const answer = http.post(address, body, request);
    // What costs least: the answer is searched as text.
    return answer.status === 200 && String(answer.body).includes(text);
  });
