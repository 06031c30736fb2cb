import type { AddressInfo } from 'node:net';
import { analyticsApi } from '../../clusters/local/api/server.ts';
import type { Transaction, TransactionGraph } from '../../clusters/local/graph/transactions.ts';
import type { PlannedSite } from '../scenario/plan.ts';
import type { ProbeContext } from './probe.ts';

type Graph = Pick<TransactionGraph, 'create' | 'find' | 'findAccounts' | 'removeAccounts' | 'answers'>;

/** A graph in memory. */
export class FakeGraph implements Graph {
  readonly transactions: Transaction[] = [];
  readonly accounts = new Set<string>();

  async create(transaction: Transaction): Promise<boolean> {
    if (this.transactions.some(({ id }) => id === transaction.id)) return false;
    this.transactions.push(transaction);
    this.accounts.add(transaction.payer).add(transaction.payee);
    return true;
  }

  async find(ids: readonly string[]): Promise<readonly Transaction[]> {
    return this.transactions.filter(({ id }) => ids.includes(id));
  }

  async findAccounts(ids: readonly string[]): Promise<readonly string[]> {
    return ids.filter((id) => this.accounts.has(id));
  }

  async removeAccounts(ids: readonly string[]): Promise<void> {
    const gone = new Set(ids);
    for (const id of ids) this.accounts.delete(id);
    const kept = this.transactions.filter(({ payer, payee }) => !gone.has(payer) && !gone.has(payee));
    this.transactions.splice(0, this.transactions.length, ...kept);
  }

  async answers(): Promise<boolean> {
    return true;
  }
}

export const PASSWORD = 'correct horse';

/** For tests: the API itself on loopback, in front of a graph in memory. Its clients are drill-1, drill-2 and so on, and `observer`. */
export async function serveApi(
  graph: Graph,
  limit: { readonly requests: number; readonly windowMs: number } = { requests: 1_000, windowMs: 60_000 },
): Promise<{ readonly port: number } & AsyncDisposable> {
  const knows = (name: string, password: string): boolean =>
    /^(drill-\d+|observer)$/.test(name) && password === PASSWORD;
  const api = await analyticsApi({ graph, accounts: { knows }, limit, onProblem: () => {} });
  await api.listen({ host: '127.0.0.1', port: 0 });
  return {
    port: (api.server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      api.server.closeAllConnections();
      await api.close();
    },
  };
}

/** For tests: a site whose API is at this port of loopback. Its password is to stand in the environment. */
export function apiContextAt(port: number, { timeoutMs = 2_000, clients = 2 } = {}): ProbeContext {
  const site: PlannedSite = {
    name: 'paris',
    datacenter: 'paris-dc',
    endpoints: { api: [{ host: '127.0.0.1', port }] },
  };
  const params = { auth: { username: 'drill', passwordEnv: 'TEST_API_PASSWORD' }, clients };
  return { run: 'r1', site, timeoutUs: timeoutMs * 1_000, params };
}
