/** What is asked of the graph: one account by its key, through the index, or only to say a text again (STATEMENT). TEXT: the key of an account that is there. */
import { KEY } from '../lib/names.ts';
import { needed, oneOf } from '../lib/settings.ts';

export const text = needed('TEXT', 'the key of an account that is there');
export const url = needed('GREMLIN_URL', 'ws://HOST:PORT/gremlin');

const FORMS = {
  account: {
    script: `g.V().has('${KEY}', x).values('${KEY}')`,
    steps: `[["V"],["has","${KEY}",${JSON.stringify(text)}],["values","${KEY}"]]`,
  },
  echo: { script: 'g.inject(x)', steps: `[["inject",${JSON.stringify(text)}]]` },
} as const;

export const { script, steps } = FORMS[oneOf('STATEMENT', 'account', ['account', 'echo'])];
