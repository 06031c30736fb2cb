import { isDeepStrictEqual } from 'node:util';
import basicAuth from '@fastify/basic-auth';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyInstance, type FastifyPluginCallback, type FastifyRequest } from 'fastify';
import { GraphTimeout, GraphUnavailable } from '../graph/connection.ts';
import type { Transaction, TransactionGraph } from '../graph/transactions.ts';
import type { Accounts } from './accounts.ts';

/** Ids of one request, at most. */
const MOST_IDS = 500;

interface ApiOptions {
  readonly graph: Pick<TransactionGraph, 'create' | 'find' | 'findAccounts' | 'removeAccounts' | 'answers'>;
  readonly accounts: Pick<Accounts, 'knows'>;
  /** Of each account, in any window of this length, which begins with the first request after the last one. */
  readonly limit: { readonly requests: number; readonly windowMs: number };
  readonly onProblem: (problem: unknown) => void;
}

declare module 'fastify' {
  interface FastifyRequest {
    account?: string;
  }
}

/** An id, in characters. */
const LONGEST = 300;
const text = { type: 'string', minLength: 1, maxLength: LONGEST } as const;
const transaction = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'payer', 'payee', 'amount', 'reference'],
  properties: {
    id: text,
    payer: text,
    payee: text,
    amount: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    reference: text,
  },
} as const;
const idList = {
  type: 'object',
  additionalProperties: false,
  required: ['ids'],
  properties: { ids: { type: 'array', minItems: 1, maxItems: MOST_IDS, items: text } },
} as const;

interface Ids {
  readonly ids: readonly string[];
}

/** The REST API in front of the graph: payments between accounts, by HTTP basic authentication, with a limit for each account. */
export async function analyticsApi({ graph, accounts, limit, onProblem }: ApiOptions): Promise<FastifyInstance> {
  // What is not known is refused, and not taken for something else.
  const ajv = { customOptions: { removeAdditional: false, coerceTypes: false } };
  const api = Fastify({
    ajv,
    routerOptions: { maxParamLength: LONGEST },
    bodyLimit: 1_000_000,
    return503OnClosing: true,
  });

  api.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = statusOf(error);
    if (status >= 500) onProblem(error);
    void reply.code(status).send({ error: status === 500 ? 'internal error' : error.message });
  });

  /** Of its own time as well: what says how late it is, and how far its clock is off. */
  api.get('/health', async (_request, reply) => {
    const serves = await graph.answers();
    return reply.code(serves ? 200 : 503).send({ serves, time: Date.now() });
  });

  const plugin: FastifyPluginCallback = (v1, _, done) => {
    payments(v1, { graph, accounts, limit }).then(() => done(), done);
  };
  await api.register(plugin, { prefix: '/v1' });
  return api;
}

/** What only an account may ask, and not too often. */
async function payments(v1: FastifyInstance, { graph, accounts, limit }: Omit<ApiOptions, 'onProblem'>): Promise<void> {
  await v1.register(basicAuth, {
    authenticate: { realm: 'analytics' },
    validate: async (name: string, password: string, request: FastifyRequest) => {
      if (!accounts.knows(name, password)) throw Object.assign(new Error('who are you?'), { statusCode: 401 });
      request.account = name;
    },
  });
  v1.addHook('onRequest', v1.basicAuth);
  await v1.register(rateLimit, {
    max: limit.requests,
    timeWindow: limit.windowMs,
    hook: 'preHandler',
    keyGenerator: ({ account }) => account ?? '',
  });

  v1.get('/quota', async () => ({}));

  v1.post('/transactions', { schema: { body: transaction } }, async ({ body }, reply) => {
    const asked = body as Transaction;
    if (await graph.create(asked)) return reply.code(201).send(asked);
    const [there] = await graph.find([asked.id]);
    // The same once more is no other payment; anything else under its id is.
    return isDeepStrictEqual(there, asked) ? reply.send(asked) : reply.code(409).send({ error: 'another has this id' });
  });
  v1.get<{ Params: { id: string } }>('/transactions/:id', async ({ params }, reply) => {
    const found = await graph.find([params.id]);
    return found.length === 0 ? reply.code(404).send({ error: 'no such transaction' }) : found[0];
  });
  v1.post<{ Body: Ids }>('/transactions/search', { schema: { body: idList } }, async ({ body }) => ({
    transactions: await graph.find(body.ids),
  }));
  v1.post<{ Body: Ids }>('/accounts/search', { schema: { body: idList } }, async ({ body }) => ({
    ids: await graph.findAccounts(body.ids),
  }));
  v1.post<{ Body: Ids }>('/accounts/delete', { schema: { body: idList } }, async ({ body }, reply) => {
    await graph.removeAccounts(body.ids);
    return reply.code(204).send();
  });
}

function statusOf(error: Error & { statusCode?: number }): number {
  if (error instanceof GraphTimeout) return 504;
  if (error instanceof GraphUnavailable) return 502;
  return error.statusCode ?? 500;
}
