/** The consumer of a site: `node main.ts CONFIG`, a JSON file (`ConsumerConfig`). Ends at SIGTERM, once the graph has the batch that it has begun, or has not taken it. */
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { TransactionGraph } from '../graph/transactions.ts';
import type { ConsumerConfig } from './config.ts';
import { GraphConsumer } from './consumer.ts';
import { Subscription } from './subscription.ts';

const AGAIN_MS = 1_000;

const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ConsumerConfig;

function log(what: unknown): void {
  process.stdout.write(`${new Date().toISOString()} ${String(what)}\n`);
}

// The driver of the graph tells of a lost connection where nobody listens.
process.on('uncaughtException', log);
process.on('unhandledRejection', log);

const graph = new TransactionGraph(config.graph, config.graphTimeoutMs);
const consumer = new GraphConsumer({
  open: () => Subscription.open(config),
  graph,
  onProblem: log,
  againMs: AGAIN_MS,
});

const server = Fastify();
server.get('/health', async (_request, reply) => {
  const serves = consumer.isSubscribed && (await graph.answers());
  return reply.code(serves ? 200 : 503).send({ serves });
});
await server.listen({ host: config.host, port: config.port });

const ending = new AbortController();
process.once('SIGTERM', () => {
  log('is told to end');
  ending.abort();
});
log(`consumes ${config.topic}`);
await consumer.run(ending.signal);
process.exit(0);
