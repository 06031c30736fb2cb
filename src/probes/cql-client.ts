import { type QueryOptions, types } from 'cassandra-driver';
import { checksum } from '../history/checksum.ts';
import { splitKey } from '../history/timetable.ts';
import type { CqlConnection } from './cql-connection.ts';
import { BUCKET, partitionOf } from './cql-ledger.ts';
import { within } from './deadline.ts';
import { type Keeper, Unsent } from './keeper.ts';
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
const SCAN = 'SELECT seq, key, sum FROM ledger WHERE part = ? AND bucket = ? AND seq >= ? AND seq <= ?';
const PAGE = 200;

type Classify = (error: unknown) => Pick<ProbeOutcome, 'outcome' | 'error'>;

/** The driver of one site, as a probe uses it. */
export class CqlClient implements ProbeClient {
  private readonly keeper: Keeper<CqlConnection>;
  protected readonly context: ProbeContext;
  protected readonly classify: Classify;

  constructor(keeper: Keeper<CqlConnection>, context: ProbeContext, classify: Classify) {
    this.keeper = keeper;
    this.context = context;
    this.classify = classify;
  }

  async invoke(operation: ProbeOperation, signal: AbortSignal): Promise<ProbeOutcome> {
    if (signal.aborted) return { outcome: 'fail', error: 'aborted', valueSha: '' };
    return operation.f === 'write' ? this.write(operation) : this.read(operation);
  }

  protected async write({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    const sum = checksum(key, seq);
    try {
      await this.insert(key, sum);
      return { outcome: 'ok', error: '', valueSha: sum };
    } catch (error) {
      return { ...this.classify(error), valueSha: sum };
    }
  }

  protected async insert(key: string, sum: string): Promise<void> {
    await this.execute(INSERT, [...place(key), key, sum]);
  }

  protected async read({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
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

  /** What was not sent, because the connection turned out to be lost, is sent on the next one; nothing else is ever sent twice. */
  protected async execute(query: string, values: unknown[], page?: { pageState?: string }): Promise<types.ResultSet> {
    const options = page ? { prepare: true, fetchSize: PAGE, ...page } : { prepare: true };
    const until = performance.now() + this.context.timeoutUs / 1000;
    try {
      return await this.send(query, values, options, until);
    } catch (error) {
      if (!(error instanceof Unsent)) throw error;
      return this.send(query, values, options, until);
    }
  }

  private async send(query: string, values: unknown[], options: QueryOptions, until: number): Promise<types.ResultSet> {
    const { keeper } = this;
    const connection = keeper.ready ?? (await keeper.take(until - performance.now()));
    return within(connection.execute(query, values, options), until - performance.now());
  }

  /**
   * Reads the slice of each partition in which the keys are, page by page: a thousand keys cost a few requests. What is in a slice and was not
   * asked for is a phantom to this probe; who knows every write can tell.
   */
  async *readBack(expected: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer> {
    const byPartition = Map.groupBy(expected, ({ key }) => partitionOf(key));
    for (const writes of byPartition.values()) yield* this.readSlice(writes, signal);
  }

  private async *readSlice(writes: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer> {
    const open = new Map(writes.map((write) => [write.key, write]));
    const [part, bucket] = place((writes[0] as ExpectedWrite).key);
    const numbers = writes.map(({ key }) => splitKey(key).seq);
    const slice = [part, bucket, long(Math.min(...numbers)), long(Math.max(...numbers))];
    let pageState: string | undefined;
    do {
      signal.throwIfAborted();
      let page: types.ResultSet;
      try {
        page = await this.execute(SCAN, slice, pageState === undefined ? {} : { pageState });
      } catch {
        for (const key of open.keys()) yield { key, state: 'unreadable', valueSha: '' };
        return;
      }
      for (const row of page.rows) {
        // A row is known by its place: one with another key in it is corrupt.
        const key = `${part}/${row.seq}`;
        const write = open.get(key);
        const valueSha = String(row.sum ?? '');
        if (!write) {
          yield { key, state: 'phantom', valueSha };
          continue;
        }
        open.delete(key);
        const right = row.key === key && row.sum === checksum(key, write.seq);
        yield { key, state: right ? 'present' : 'corrupt', valueSha };
      }
      pageState = page.pageState ?? undefined;
    } while (pageState !== undefined);
    for (const key of open.keys()) yield { key, state: 'absent', valueSha: '' };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keeper[Symbol.asyncDispose]();
  }
}

/** The columns of the primary key of a write's row. */
export function place(key: string): [part: string, bucket: number, seq: types.Long] {
  const { prefix, seq } = splitKey(key);
  return [prefix, Math.floor(seq / BUCKET), long(seq)];
}

function long(seq: number): types.Long {
  return types.Long.fromNumber(seq);
}
