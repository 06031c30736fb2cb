import type { Pair } from './bundle.ts';

export interface Around {
  /** Another run with everything that this one has, by the same people. */
  readonly other: string;
  readonly outside: string;
  readonly stranger: Pair;
}

export interface Tampering {
  readonly name: string;
  /** Nothing but what an authority did not sign may have changed: such an answer says the same, or is accused. */
  readonly unsigned?: boolean;
  readonly apply: (directory: string, around: Around) => void | Promise<void>;
}

export const ENVELOPES = ['manifest.dsse.json', 'objectives.dsse.json'];
export const STATEMENTS = ['statements/0001.dsse.json', 'statements/0002.dsse.json', 'statements/0003.dsse.json'];
export const SEALED = [
  'history.csv',
  'intent.json',
  'intent.tsr',
  'journal.ndjson',
  'junit.xml',
  'latency/cql-canary-outside.hlog',
  'plan.json',
  'read-back.csv',
  'report.json',
  'scenario.yaml',
];
