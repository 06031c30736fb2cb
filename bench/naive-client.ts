/**
 * The peer of `bench/client.ts`: what somebody writes in ten minutes with the drivers as they are. `node naive-client.ts PROBE HOST PORT DATACENTER
 * RATE SECONDS [WARM_UP]` prints its CPU per operation, as JSON; with a warm-up in seconds it first says `begin` when that is over. Its keys are apart from
 * every run's.
 */
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'cassandra-driver';
import { checksum } from '../src/history/checksum.ts';
import { isWrite } from '../src/history/timetable.ts';

const [probe, host, port, datacenter, rate, seconds, warmUp = '0'] = process.argv.slice(2) as [
  ...[string, string, string, string, string, string],
  string?,
];
const RUN = `naive-${process.pid}`;

const { operate, close } = await (probe === 'cql' ? cql() : gremlin());
const FIRST = 200;
for (let n = 0; n < FIRST; n += 1) await operate(n).catch(() => {});
const warming = Number(rate) * Number(warmUp);
const total = Number(rate) * Number(seconds);
const latenessUs: number[] = [];
const responseUs: number[] = [];
let failures = 0;
let sent = 0;
let before = process.cpuUsage();
const began = performance.now();
const waiting: Promise<void>[] = [];
await new Promise<void>((resolve) => {
  const dueMs = (): number => began + (sent * 1000) / Number(rate);
  const timer = setInterval(() => {
    const now = performance.now();
    while (sent < warming + total && dueMs() <= now) {
      if (sent === warming) {
        before = process.cpuUsage();
        if (warming > 0) process.stdout.write('begin\n');
      }
      const intended = dueMs();
      const measured = sent >= warming;
      if (measured) latenessUs.push((performance.now() - intended) * 1000);
      waiting.push(
        operate(FIRST + sent).then(
          () => void (measured && responseUs.push((performance.now() - intended) * 1000)),
          () => {
            if (measured) failures += 1;
          },
        ),
      );
      sent += 1;
    }
    if (sent >= warming + total) {
      clearInterval(timer);
      resolve();
    }
  }, 1);
});
await Promise.all(waiting);
const { user, system } = process.cpuUsage(before);
const at = (values: number[], q: number): number =>
  Math.round(values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1] ?? 0);
process.stdout.write(
  `${JSON.stringify({
    operations: total,
    failures,
    cpuUsPerOperation: Math.round((user + system) / total),
    latenessP50Us: at(latenessUs, 0.5),
    latenessP99Us: at(latenessUs, 0.99),
    responseP95Us: at(responseUs, 0.95),
  })}\n`,
);
// Whoever measures looks a second time.
if (warming > 0) await sleep(2000);
await close();
process.exit(0);

interface Peer {
  readonly operate: (n: number) => Promise<unknown>;
  readonly close: () => Promise<unknown>;
}

async function cql(): Promise<Peer> {
  const client = new Client({ contactPoints: [`${host}:${port}`], localDataCenter: datacenter, keyspace: 'drill' });
  await client.connect();
  const insert = 'INSERT INTO ledger (part, bucket, seq, key, sum) VALUES (?, ?, ?, ?, ?)';
  const select = 'SELECT key, sum FROM ledger WHERE part = ? AND bucket = ? AND seq = ?';
  const remove = 'DELETE FROM ledger WHERE part = ? AND bucket = ?';
  const write = (n: number) => {
    const key = `${RUN}/${n}`;
    return client.execute(insert, [RUN, 0, n, key, checksum(key, n)], { prepare: true });
  };
  return {
    operate: (n) => (isWrite(n) ? write(n) : client.execute(select, [RUN, 0, 0], { prepare: true })),
    close: async () => {
      await client.execute(remove, [RUN, 0], { prepare: true });
      await client.shutdown();
    },
  };
}

async function gremlin(): Promise<Peer> {
  const {
    driver,
    process: tinkerpop,
    structure,
  } = createRequire(import.meta.url)('gremlin') as typeof import('gremlin');
  // The headers are for a defect of the driver on Node 24: without one of ws's own options it does not connect.
  const connection = new driver.DriverRemoteConnection(`ws://${host}:${port}/gremlin`, { headers: {} });
  await connection.open();
  const g = new structure.Graph().traversal().withRemote(connection);
  const { P, statics } = tinkerpop;
  const written: string[] = [];
  const ends = (key: string): string[] => [`${key}#from`, `${key}#to`];
  const write = (n: number): Promise<unknown> => {
    const key = `${RUN}/${n}`;
    written.push(key);
    const [from, to] = ends(key);
    const accounts = g
      .addV('DrillAccount')
      .property('drillKey', from)
      .as('a')
      .addV('DrillAccount')
      .property('drillKey', to);
    const edge = accounts.as('b').addE('DRILL_TRANSACTS_WITH').from_('a').to('b').property('drillKey', key);
    return edge.property('drillSum', checksum(key, n)).property('drillSeq', n).none().iterate();
  };
  const read = (): Promise<unknown> => {
    const found = g
      .V()
      .has('drillKey', P.within(ends(`${RUN}/0`)))
      .project('k', 'o', 'i')
      .by('drillKey');
    const sums = found.by(statics.outE('DRILL_TRANSACTS_WITH').values('drillSum').fold());
    return sums.by(statics.inE('DRILL_TRANSACTS_WITH').values('drillSum').fold()).toList();
  };
  return {
    operate: (n) => (isWrite(n) ? write(n) : read()),
    close: async () => {
      for (let at = 0; at < written.length; at += 25) {
        await g
          .V()
          .has('drillKey', P.within(written.slice(at, at + 25).flatMap(ends)))
          .drop()
          .iterate();
      }
      await connection.close();
    },
  };
}
