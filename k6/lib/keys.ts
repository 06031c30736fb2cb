import { sha256 } from 'k6/crypto';
import { oneOf, whole } from './settings.ts';

const run = __ENV.RUN_ID || `k6-${whole('SEED', 0, 0, 2 ** 31)}`;
if (!/^[A-Za-z0-9_-]{1,64}$/.test(run)) throw new Error(`RUN_ID: expected letters, digits, - and _, got '${run}'`);

/** Common to the keys of a run: run, probe, writer and client, as the harness's own keys have them. */
export function prefixOf(service: string): string {
  return `${run}/k6.${service}.outside`;
}

/** The key of write `seq`: derived from the run's sequence, so that whoever knows the run can say which there must be. */
export function writeKey(service: string, seq: number): string {
  return `${prefixOf(service)}/${seq}`;
}

/** What a write carries, so that a read can tell right from corrupt: the first 16 hex digits of SHA-256 of its key and number. */
export function checksum(key: string, seq: number): string {
  return sha256(`${key}\u0000${seq}`, 'hex').slice(0, 16);
}

/** Whether what was written is removed at the end. */
export const CLEAN = oneOf('CLEAN', 'yes', ['yes', 'no']) === 'yes';
