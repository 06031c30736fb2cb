import cql from 'k6/x/cql';
import { prefixOf, writeKey } from './keys.ts';
import { ledgerAt } from './ledger-at.ts';
import { BUCKET, KEYSPACE } from './names.ts';
import { doneOf, type Service } from './service.ts';
import { login, needed, security, whole } from './settings.ts';

const DELETE = `DELETE FROM ${KEYSPACE}.ledger WHERE part = ? AND bucket = ?`;
const TABLE = `CREATE TABLE IF NOT EXISTS ${KEYSPACE}.ledger
  (part text, bucket int, seq bigint, key text, sum text, PRIMARY KEY ((part, bucket), seq)) WITH read_repair = 'NONE'`;

/** Rows of the ledger table in Cassandra. CQL_HOSTS, CQL_DATACENTER and, where it makes the keyspace, CQL_REPLICATION (`paris-dc:1,london-dc:1`). */
export function ledger(): Service {
  const timeoutMs = whole('TIMEOUT_MS', 2000, 1, 60_000);
  const [hosts, port] = endpoints(needed('CQL_HOSTS', 'HOST:PORT,HOST:PORT of a site'));
  const datacenter = needed('CQL_DATACENTER', 'the datacenter of that site');
  const options = { hosts, port, datacenter, site: __ENV.SITE ?? '', ...login('CQL'), ...security('CQL') };
  const store = ledgerAt({ ...options, timeoutMs });
  const patient = cql.connect({ ...options, timeoutMs: 20_000, connections: 1 });
  const must = (statement: string, values: (string | number)[]): void => {
    const { ok, error, message } = patient.execute(statement, values, { operation: 'prepare' });
    if (!ok) throw new Error(`${statement}: ${error}: ${message}`);
  };
  return {
    metric: 'cql',
    timeoutMs,
    prepare(make = true) {
      patient.open();
      if (make && __ENV.CQL_REPLICATION) must(keyspace(__ENV.CQL_REPLICATION), []);
      if (make) must(TABLE, []);
      store.open();
    },
    write: (seq) => doneOf(store.write(writeKey('ledger', seq), seq)),
    read: (seq) => doneOf(store.read(writeKey('ledger', seq), seq)),
    remove(end) {
      for (let bucket = 0; bucket * BUCKET < end; bucket += 1) must(DELETE, [prefixOf('ledger'), bucket]);
    },
  };
}

function keyspace(replication: string): string {
  if (!/^[\w.-]+:\d+(,[\w.-]+:\d+)*$/.test(replication))
    throw new Error(`CQL_REPLICATION: expected DATACENTER:COPIES,…, got '${replication}'`);
  const copies = replication.split(',').map((each) => `'${each.replace(/:(\d+)$/, "': $1")}`);
  return `CREATE KEYSPACE IF NOT EXISTS ${KEYSPACE} WITH replication = {'class': 'NetworkTopologyStrategy', ${copies.join(', ')}}`;
}

/** `HOST:PORT,…` with one port for all. */
function endpoints(text: string): [string[], number] {
  const parts = text.split(',').map((each) => /^(.+):(\d+)$/.exec(each));
  const ports = new Set(parts.map((part) => part?.[2]));
  if (parts.some((part) => part === null) || ports.size !== 1)
    throw new Error(`CQL_HOSTS: expected HOST:PORT,HOST:PORT with one port for all, got '${text}'`);
  return [parts.map((part) => part?.[1] ?? ''), Number([...ports][0])];
}
