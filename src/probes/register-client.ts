import { checksum } from '../history/checksum.ts';
import { CANARY_SERVICE } from '../history/operation.ts';
import { splitKey, turnOf, writerOf } from '../history/timetable.ts';
import { CqlClient, place } from './cql-client.ts';
import type { ProbeOperation, ProbeOutcome } from './probe.ts';

/** One batch, so one time stamp, and it is the coordinator's: what the ledger has and the register has not was overwritten, not lost. */
const OVERWRITE = `BEGIN UNLOGGED BATCH
INSERT INTO ledger (part, bucket, seq, key, sum) VALUES (?, ?, ?, ?, ?);
INSERT INTO register (run, register, key, sum) VALUES (?, ?, ?, ?);
APPLY BATCH`;
const SELECT = 'SELECT key, sum FROM register WHERE run = ? AND register = ?';

/** The register of what is in nobody's timetable: warm-ups, proofs, canaries. */
export const SCRATCH = -1;

/** Which of `registers` a write of this run overwrites: each write of a timetable the next one. */
export function registerOf(run: string, key: string, registers: number): number {
  const writer = writerOf(run, key);
  const counted = writer?.probe === 'register' && writer.service !== CANARY_SERVICE;
  return counted ? turnOf(splitKey(key).seq) % registers : SCRATCH;
}

/** Overwrites registers that every other client of the run overwrites as well, beside a row of the ledger for each write. */
export class RegisterClient extends CqlClient {
  protected override async insert(key: string, sum: string): Promise<void> {
    await this.execute(OVERWRITE, [...place(key), key, sum, this.context.run, this.registerOf(key), key, sum]);
  }

  /** The register that the write overwrote. Whoever wrote last is right here, so that any whole write is: `valueSha` tells which. */
  protected override async read(operation: ProbeOperation): Promise<ProbeOutcome> {
    const register = this.registerOf(operation.key);
    if (register === SCRATCH) return super.read(operation);
    try {
      const { rows } = await this.execute(SELECT, [this.context.run, register]);
      const [row] = rows;
      if (!row) return { outcome: 'fail', error: 'absent', valueSha: '' };
      const key = String(row.key);
      const right = row.sum === checksum(key, splitKey(key).seq);
      return { outcome: right ? 'ok' : 'fail', error: right ? '' : 'corrupt', valueSha: String(row.sum) };
    } catch (error) {
      return { outcome: 'fail', error: this.classify(error).error, valueSha: '' };
    }
  }

  private registerOf(key: string): number {
    return registerOf(this.context.run, key, Number(this.context.params.registers));
  }
}
