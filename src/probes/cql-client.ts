import { type Client, types } from 'cassandra-driver';
import { checksum, splitKey } from './checksum.ts';
import { BUCKET, partitions } from './cql-ledger.ts';
import { within } from './deadline.ts';
import type {
  ExpectedWrite,
  ProbeClient,
  ProbeContext,
  ProbeOperation,
  ProbeOutcome,
  ReadBackAnswer,
} from './probe.ts';

const INSERT = 'INSERT INTO ledger (part, bucket, seq, key, sum) VALUES (?, ?, ?, ?, ?)';
const SELECT = 'SELECT key, sum FROM ledger WHERE part = ? AND bucket = ? AND seq = ?';
const SCAN = 'SELECT seq, key, sum FROM ledger WHERE part = ? AND bucket = ?';
const PAGE = 200;

type Classify = (error: unknown) => Pick<ProbeOutcome, 'outcome' | 'error'>;

/** The driver of one site, as a probe uses it. */
export class CqlClient implements ProbeClient {
  private readonly client: Client;
  private readonly context: ProbeContext;
  private readonly classify: Classify;

  constructor(client: Client, context: ProbeContext, classify: Classify) {
    this.client = client;
    this.context = context;
    this.classify = classify;
    // A host that goes down is told as an event; nothing may leave the process.
    client.on('log', () => {});
  }

  async invoke(operation: ProbeOperation): Promise<ProbeOutcome> {
    return operation.f === 'write' ? this.write(operation) : this.read(operation);
  }

  private async write({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    const sum = checksum(key, seq);
    try {
      await this.execute(INSERT, [...place(key), key, sum]);
      return { outcome: 'ok', error: '', valueSha: sum };
    } catch (error) {
      return { ...this.classify(error), valueSha: sum };
    }
  }

  private async read({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    try {
      const { rows } = await this.execute(SELECT, place(key));
      const [row] = rows;
      if (!row) return { outcome: 'fail', error: 'absent', valueSha: '' };
      const right = row.key === key && row.sum === checksum(key, seq);
      return { outcome: right ? 'ok' : 'fail', error: right ? '' : 'corrupt', valueSha: String(row.sum) };
    } catch (error) {
      return { outcome: 'fail', error: this.classify(error).error, valueSha: '' };
    }
  }

  private execute(query: string, values: unknown[], page?: { pageState?: string }): Promise<types.ResultSet> {
    const options = page ? { prepare: true, fetchSize: PAGE, ...page } : { prepare: true };
    return within(this.client.execute(query, values, options), this.context.timeoutUs / 1000);
  }

  /** Reads whole partitions, page by page: a thousand keys cost a few requests. */
  async *readBack(expected: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer> {
    for (const [part, bucket] of partitions(expected)) {
      const asked = new Map(expected.filter(({ key }) => isIn(key, part, bucket)).map((write) => [write.key, write]));
      yield* this.readPartition(part, bucket, asked, signal);
    }
  }

  private async *readPartition(
    part: string,
    bucket: number,
    asked: Map<string, ExpectedWrite>,
    signal: AbortSignal,
  ): AsyncIterable<ReadBackAnswer> {
    let pageState: string | undefined;
    do {
      signal.throwIfAborted();
      let page: types.ResultSet;
      try {
        page = await this.execute(SCAN, [part, bucket], pageState === undefined ? {} : { pageState });
      } catch {
        for (const key of asked.keys()) yield { key, state: 'unreadable', valueSha: '' };
        return;
      }
      for (const row of page.rows) {
        const key = String(row.key);
        const write = asked.get(key);
        if (!write) continue;
        asked.delete(key);
        const right = row.sum === checksum(key, write.seq) && Number(row.seq) === splitKey(key).seq;
        yield { key, state: right ? 'present' : 'corrupt', valueSha: String(row.sum ?? '') };
      }
      pageState = page.pageState ?? undefined;
    } while (pageState !== undefined);
    for (const key of asked.keys()) yield { key, state: 'absent', valueSha: '' };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(this.client.shutdown(), 5_000).catch(() => {});
  }
}

function place(key: string): [part: string, bucket: number, seq: types.Long] {
  const { prefix, seq } = splitKey(key);
  return [prefix, Math.floor(seq / BUCKET), types.Long.fromNumber(seq)];
}

function isIn(key: string, part: string, bucket: number): boolean {
  const { prefix, seq } = splitKey(key);
  return prefix === part && Math.floor(seq / BUCKET) === bucket;
}
