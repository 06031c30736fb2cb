import { GraphConnection } from './connection.ts';

/** A payment from one account to another, as the platform’s own services write and read it. */
export interface Transaction {
  readonly id: string;
  readonly payer: string;
  readonly payee: string;
  readonly amount: number;
  readonly reference: string;
}

const WITHIN = 'org.apache.tinkerpop.gremlin.process.traversal.P.within(ids)';

/** Makes it unless it is there: who was not told asks once more. A binding cannot be called `id`, or whatever else Gremlin has a word for. */
const CREATE = `if (g.E().has('TRANSACTS_WITH', 'transactionId', ownId).hasNext()) return 'there'
g.addV('Account').property('accountId', payerId).as('payer')
  .addV('Account').property('accountId', payeeId).as('payee')
  .addE('TRANSACTS_WITH').from('payer').to('payee')
  .property('transactionId', ownId).property('amount', (long) paid).property('reference', text).iterate()
'made'`;

/** The same of many, in one transaction: those that are not there yet, each once. */
const CREATE_ALL = `def there = g.E().has('TRANSACTS_WITH', 'transactionId', ${WITHIN}).values('transactionId').toSet()
payments.count { payment ->
  if (!there.add(payment[0])) return false
  g.addV('Account').property('accountId', payment[1]).as('payer')
    .addV('Account').property('accountId', payment[2]).as('payee')
    .addE('TRANSACTS_WITH').from('payer').to('payee')
    .property('transactionId', payment[0]).property('amount', (long) payment[3]).property('reference', payment[4]).iterate()
  true
}`;

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

  /** How many of them were made: the others are there already. */
  async createAll(transactions: readonly Transaction[]): Promise<number> {
    const payments = transactions.map(({ id, payer, payee, amount, reference }) => [
      id,
      payer,
      payee,
      amount,
      reference,
    ]);
    const [made] = await this.payments.submit(CREATE_ALL, { ids: transactions.map(({ id }) => id), payments });
    return Number(made);
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
