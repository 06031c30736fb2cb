import type { Pair } from './bundle.ts';

export interface Around {
  /** Another run, signed with the same key. */
  readonly other: string;
  readonly outside: string;
  readonly stranger: Pair;
}

export interface Tampering {
  readonly name: string;
  readonly apply: (directory: string, around: Around) => void | Promise<void>;
}

export const ENVELOPES = ['manifest.dsse.json', 'objectives.dsse.json'];
export const SEALED = [
  'history.csv',
  'intent.json',
  'journal.ndjson',
  'junit.xml',
  'latency/cql-canary-outside.hlog',
  'plan.json',
  'read-back.csv',
  'report.json',
  'scenario.yaml',
];
