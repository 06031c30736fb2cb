/** The Analytics API of a site: `node main.ts CONFIG`, a JSON file (`ApiConfig`). Ends at SIGTERM, once what it has begun is answered. */
import { readFileSync } from 'node:fs';
import { TransactionGraph } from '../graph/transactions.ts';
import { Accounts } from './accounts.ts';
import type { ApiConfig } from './config.ts';
import { analyticsApi } from './server.ts';

const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ApiConfig;

function log(what: unknown): void {
  process.stdout.write(`${new Date().toISOString()} ${String(what)}\n`);
}

// The driver of the graph tells of a lost connection where nobody listens.
process.on('uncaughtException', log);
process.on('unhandledRejection', log);

const graph = new TransactionGraph(config.graph, config.graphTimeoutMs);
const accounts = new Accounts(config.accountsFile);
const api = await analyticsApi({ graph, accounts, limit: config.limit, onProblem: log });
await api.listen({ host: config.host, port: config.port });
log(`listens at ${config.host}:${config.port}`);

process.once('SIGTERM', async () => {
  log('is told to end');
  await api.close().catch(log);
  process.exit(0);
});
