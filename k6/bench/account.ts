/** One account by its key, through the index: the statement of the bench. ACCOUNT_KEY: an account that is there. */
import { KEY } from '../lib/names.ts';
import { needed } from '../lib/settings.ts';

export const accountKey = needed('ACCOUNT_KEY', 'the key of an account that is there');
export const url = needed('GREMLIN_URL', 'ws://HOST:PORT/gremlin');
export const SCRIPT = `g.V().has('${KEY}', x).values('${KEY}')`;
export const STEPS = `[["V"],["has","${KEY}",${JSON.stringify(accountKey)}],["values","${KEY}"]]`;
