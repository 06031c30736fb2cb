import { BUCKET } from './names.ts';

/** Where the row of a key is, as the probe has it (src/probes/cql-ledger.ts). */
export function place(key: string): [part: string, bucket: number, seq: number] {
  const at = key.lastIndexOf('/');
  const seq = Number(key.slice(at + 1));
  return [key.slice(0, at), Math.floor(seq / BUCKET), seq];
}
