import cql, { type ConnectOptions } from 'k6/x/cql';
import type { AtSite, Ended } from './at-site.ts';
import { checksum } from './keys.ts';
import { KEYSPACE } from './names.ts';
import { place } from './row.ts';

const INSERT = `INSERT INTO ${KEYSPACE}.ledger (part, bucket, seq, key, sum) VALUES (?, ?, ?, ?, ?)`;
const SELECT = `SELECT key, sum FROM ${KEYSPACE}.ledger WHERE part = ? AND bucket = ? AND seq = ?`;

/** Rows of the ledger table at one site. For the init context. */
export function ledgerAt(options: ConnectOptions): AtSite {
  const session = cql.connect(options);
  return {
    open: () => session.open(),
    write(key, seq): Ended {
      const sum = checksum(key, seq);
      const { outcome, error } = session.execute(INSERT, [...place(key), key, sum]);
      return { outcome, error, sum };
    },
    read(key, seq): Ended {
      const { ok, error, rows } = session.execute(SELECT, place(key));
      if (!ok) return { outcome: 'fail', error, sum: '' };
      const row = rows[0];
      if (!row) return { outcome: 'fail', error: 'absent', sum: '' };
      const right = row.key === key && row.sum === checksum(key, seq);
      return { outcome: right ? 'ok' : 'fail', error: right ? '' : 'corrupt', sum: String(row.sum) };
    },
  };
}
