import { createRequire } from 'node:module';

/** A payment from one account to another, as clients of the API write and read it. */
export interface Transaction {
  readonly id: string;
  readonly payer: string;
  readonly payee: string;
  readonly amount: number;
  readonly reference: string;
}

/** The graph said nothing in time: a write may have been done. */
export class GraphTimeout extends Error {
  override readonly name = 'GraphTimeout';
}

/** The graph refused, or cannot be reached: a write may have been done all the same. */
export class GraphUnavailable extends Error {
  override readonly name = 'GraphUnavailable';
}

// CommonJS, without names that an import could see.
const { driver } = createRequire(import.meta.url)('gremlin') as typeof import('gremlin');
type Client = InstanceType<typeof driver.Client>;
/** Its types ask for every option. */
type RequestOptions = Parameters<Client['submit']>[2];

/** With none of the options of `ws` it takes Node's own WebSocket, and fails on it (3.7.4: `this._ws.on is not a function`). */
const OPTIONS = { traversalSource: 'g', rejectUnauthorized: true };

const WITHIN = 'org.apache.tinkerpop.gremlin.process.traversal.P.within(ids)';

/** Makes it unless it is there: who was not told asks once more. A binding cannot be called `id`, or whatever else Gremlin has a word for. */
const CREATE = `if (g.E().has('TRANSACTS_WITH', 'transactionId', ownId).hasNext()) return 'there'
g.addV('Account').property('accountId', payerId).as('payer')
  .addV('Account').property('accountId', payeeId).as('payee')
  .addE('TRANSACTS_WITH').from('payer').to('payee')
  .property('transactionId', ownId).property('amount', (long) paid).property('reference', text).iterate()
'made'`;

const FIND = `g.E().has('TRANSACTS_WITH', 'transactionId', ${WITHIN})
  .project('id', 'payer', 'payee', 'amount', 'reference')
  .by('transactionId').by(outV().values('accountId')).by(inV().values('accountId')).by('amount').by('reference')`;

const FIND_ACCOUNTS = `g.V().has('Account', 'accountId', ${WITHIN}).values('accountId')`;
/** Without locks, which take ten times as long: whoever removes an account has been told that nobody uses it. */
const REMOVE_ACCOUNTS = `
def tx = graph.buildTransaction().consistencyChecks(false).start()
try {
  tx.traversal().V().has('Account', 'accountId', ${WITHIN}).drop().iterate()
  tx.commit()
} finally {
  if (tx.isOpen()) tx.rollback()
}
'removed'`;
/** Reads one row of the store, and there need not be such a vertex. */
const ONE_ROW = 'g.V(4096L).hasNext()';

/**
 * A connection to JanusGraph over the driver that applications in Node use. What could not be sent in time is never sent; a connection on which nothing was heard in time
 * is given up, with whatever else is under way on it.
 */
class GraphConnection implements AsyncDisposable {
  private readonly url: string;
  private readonly timeoutMs: number;
  private client: Client | null = null;

  constructor(url: string, timeoutMs: number) {
    this.url = url;
    this.timeoutMs = timeoutMs;
  }

  async submit(script: string, bindings: object): Promise<readonly unknown[]> {
    const client = this.client ?? new driver.Client(this.url, OPTIONS);
    this.client = client;
    const late = lateness(this.timeoutMs);
    try {
      // Its `submit` would wait for the connection as long as it takes, and send then what nobody waits for any more.
      await Promise.race([client.open(), late.rejected]);
      const asked = client.submit(script, bindings, { evaluationTimeout: this.timeoutMs } as RequestOptions);
      asked.catch(() => {});
      return (await Promise.race([asked, late.rejected])).toArray();
    } catch (error) {
      if (error instanceof GraphTimeout || !client.isOpen) this.giveUp(client);
      throw error instanceof GraphTimeout ? error : new GraphUnavailable(String((error as Error).message ?? error));
    } finally {
      late.over();
    }
  }

  /** Once it is open, if it ever is: its `close` does nothing to one that is not yet. */
  private giveUp(client: Client): void {
    if (this.client === client) this.client = null;
    client
      .open()
      .then(() => client.close())
      .catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client?.close().catch(() => {});
  }
}

function lateness(ms: number): { readonly rejected: Promise<never>; over(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const timer = setTimeout(() => reject(new GraphTimeout(`the graph said nothing for ${ms} ms`)), ms);
  return { rejected: promise, over: () => clearTimeout(timer) };
}

/** The payments in a JanusGraph. What is asked about many, or by those who look after it, has a connection of its own: being late there breaks off no payment. */
export class TransactionGraph implements AsyncDisposable {
  private readonly payments: GraphConnection;
  private readonly rest: GraphConnection;

  constructor({ host, port }: { readonly host: string; readonly port: number }, timeoutMs: number) {
    const url = `ws://${host}:${port}/gremlin`;
    this.payments = new GraphConnection(url, timeoutMs);
    this.rest = new GraphConnection(url, timeoutMs);
  }

  /** False: there is one of this id already, whatever it says, and none was made. */
  async create({ id, payer, payee, amount, reference }: Transaction): Promise<boolean> {
    const bindings = { ownId: id, payerId: payer, payeeId: payee, paid: amount, text: reference };
    const [said] = await this.payments.submit(CREATE, bindings);
    return said === 'made';
  }

  async find(ids: readonly string[]): Promise<readonly Transaction[]> {
    const connection = ids.length === 1 ? this.payments : this.rest;
    const rows = (await connection.submit(FIND, { ids })) as readonly Map<string, unknown>[];
    return rows.map((row) => ({
      id: String(row.get('id')),
      payer: String(row.get('payer')),
      payee: String(row.get('payee')),
      amount: Number(row.get('amount')),
      reference: String(row.get('reference')),
    }));
  }

  async findAccounts(ids: readonly string[]): Promise<readonly string[]> {
    return (await this.rest.submit(FIND_ACCOUNTS, { ids })).map(String);
  }

  /** And every payment from or to them. */
  async removeAccounts(ids: readonly string[]): Promise<void> {
    await this.rest.submit(REMOVE_ACCOUNTS, { ids });
  }

  /** Whether a row of its store can be read. */
  async answers(): Promise<boolean> {
    return this.rest.submit(ONE_ROW, {}).then(
      () => true,
      () => false,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.payments, this.rest].map((one) => one[Symbol.asyncDispose]()));
  }
}
