import gremlin, { type ConnectOptions } from 'k6/x/gremlin';
import type { AtSite, Ended } from './at-site.ts';
import { checksum } from './keys.ts';
import { ACCOUNT, KEY, SEQ, SUM, TRANSACTS } from './names.ts';
import { type SeenAccount, transactionState } from './transaction-state.ts';

const WRITE = { operation: 'write' } as const;
const READ = { operation: 'read', writes: false } as const;

const text = (value: string): string => JSON.stringify(value);

/** Two accounts and the transaction between them. Text: building it costs less than turning lists into GraphSON for each request. */
function writeSteps(key: string, seq: number, sum: string): string {
  const property = (name: string, value: string): string => `["property","${name}",${value}]`;
  return `[["addV","${ACCOUNT}"],${property(KEY, text(`${key}#from`))},["as","a"],["addV","${ACCOUNT}"],${property(KEY, text(`${key}#to`))},["as","b"],["addE","${TRANSACTS}"],["from","a"],["to","b"],${property(KEY, text(key))},${property(SUM, text(sum))},${property(SEQ, `{"@type":"g:Int32","@value":${seq}}`)},["none"]]`;
}

/** The accounts of a transaction, each with the checksums of what leaves it and of what arrives. */
function readSteps(key: string): string {
  const ends = `{"@type":"g:P","@value":{"predicate":"within","value":{"@type":"g:List","@value":[${text(`${key}#from`)},${text(`${key}#to`)}]}}}`;
  const sums = (edges: string): string =>
    `{"@type":"g:Bytecode","@value":{"step":[["${edges}","${TRANSACTS}"],["values","${SUM}"],["fold"]]}}`;
  return `[["V"],["has","${KEY}",${ends}],["project","k","o","i"],["by","${KEY}"],["by",${sums('outE')}],["by",${sums('inE')}]]`;
}

/** Accounts and transactions through JanusGraph of one site. For the init context. */
export function graphAt(options: ConnectOptions): AtSite {
  const client = gremlin.connect(options);
  return {
    open: () => client.open(),
    write(key, seq): Ended {
      const sum = checksum(key, seq);
      const { outcome, error } = client.bytecode(writeSteps(key, seq, sum), WRITE);
      return { outcome, error, sum };
    },
    read(key, seq): Ended {
      const answer = client.bytecode(readSteps(key), READ);
      if (!answer.ok) return { outcome: 'fail', error: answer.error, sum: '' };
      const seen = accountsOf(answer.data());
      if (!seen) return { outcome: 'fail', error: 'protocol', sum: '' };
      const { state, sum } = transactionState(key, checksum(key, seq), seen);
      return state === 'present' ? { outcome: 'ok', error: '', sum } : { outcome: 'fail', error: state, sum };
    },
  };
}

/** Null for what is no answer to `readSteps`. */
function accountsOf(data: readonly unknown[]): readonly SeenAccount[] | null {
  const texts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string');
  const seen = data as readonly Partial<SeenAccount>[];
  const right = seen.every((one) => typeof one?.k === 'string' && texts(one.o) && texts(one.i));
  return right ? (seen as readonly SeenAccount[]) : null;
}
