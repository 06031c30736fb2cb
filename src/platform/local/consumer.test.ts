import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ConsumerConfig } from '../../../clusters/local/consumer/config.ts';
import { GraphConsumer } from '../../../clusters/local/consumer/consumer.ts';
import type { Delivery } from '../../../clusters/local/consumer/subscription.ts';
import type { Transaction } from '../../../clusters/local/graph/transactions.ts';
import { loadLocalConfig, withComponents } from './config.ts';
import { consumer } from './consumer.ts';

const PATIENCE = { timeout: 20_000, interval: 5 };
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'drill-consumer-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('each site’s consumer stands between its own Pulsar and its own graph', () => {
  const config = withComponents(loadLocalConfig(), ['pulsar', 'consumer']);
  const [paris, london] = [0, 1].map((site) => {
    const directory = join(home, `consumer-${site}`);
    const { args } = consumer.command({ config, site, node: 0, directory }, { jars: [], archive: [], home: null });
    return JSON.parse(readFileSync(args.at(-1) as string, 'utf8')) as ConsumerConfig;
  });
  expect(paris).toMatchObject({
    pulsar: { host: '10.77.1.10', port: 8080 },
    graph: { host: '10.77.1.10', port: 8182 },
    topic: 'public/banking/transactions-events',
    redeliveries: 3,
  });
  expect(london).toMatchObject({ host: '10.77.2.10', port: 8001, pulsar: { host: '10.77.2.10' } });
});

const payment = (n: number): Transaction => ({
  ...{ id: `p${n}`, payer: `p${n}#payer`, payee: `p${n}#payee`, amount: n, reference: 'of a test' },
});
const delivery = (text: string): Delivery => ({ messageId: `id of ${text}`, text });
const paymentDelivery = (n: number): Delivery => delivery(JSON.stringify(payment(n)));

/** Subscriptions that deliver these batches in turn and then wait, one after the other; `createAll` of the graph is `take`. */
function consuming(subscriptions: readonly (readonly (readonly Delivery[])[])[], take: (n: number) => void) {
  const said = { acknowledged: [] as string[], refused: [] as string[], problems: [] as string[], opened: 0 };
  const applied: string[][] = [];
  const over = new AbortController();
  let end = (): void => {};
  const one = new GraphConsumer({
    async open() {
      const batches = subscriptions[said.opened++];
      if (!batches) throw new Error('no more subscriptions');
      const rest = [...batches];
      let isOpen = true;
      let wake = (): void => {};
      end = () => {
        isOpen = false;
        wake();
      };
      return {
        get isOpen() {
          return isOpen;
        },
        async next() {
          const batch = rest.shift();
          if (batch) return batch;
          if (isOpen)
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          return [];
        },
        acknowledge: ({ messageId }) => void said.acknowledged.push(messageId),
        refuse: ({ messageId }) => void said.refused.push(messageId),
        async [Symbol.asyncDispose]() {
          end();
        },
      };
    },
    graph: {
      async createAll(transactions) {
        applied.push(transactions.map(({ id }) => id));
        take(applied.length);
        return transactions.length;
      },
    },
    onProblem: (problem) => void said.problems.push(String(problem)),
    againMs: 1,
  });
  const done = one.run(over.signal);
  return {
    ...{ said, applied, one },
    end: () => end(),
    async [Symbol.asyncDispose]() {
      over.abort();
      await done;
    },
  };
}

test('an event is acknowledged only when the graph has it, and a batch is tried again until it does', async () => {
  await using it = consuming([[[paymentDelivery(1), paymentDelivery(2)]]], (n) => {
    expect(it.said.acknowledged).toEqual([]);
    if (n < 3) throw new Error('the graph is away');
  });
  await vi.waitUntil(() => it.said.acknowledged.length === 2, PATIENCE);
  expect(it.applied).toEqual([
    ['p1', 'p2'],
    ['p1', 'p2'],
    ['p1', 'p2'],
  ]);
  expect(it.said.refused).toEqual([]);
});

test.each([
  ['no JSON', '{'],
  ['another thing', '"p1"'],
  ['a payment without an amount', JSON.stringify({ ...payment(1), amount: undefined })],
  ['a payment of less than nothing', JSON.stringify({ ...payment(1), amount: -1 })],
  ['a payment of a part', JSON.stringify({ ...payment(1), amount: 0.5 })],
  ['a payment with more', JSON.stringify({ ...payment(1), note: 'x' })],
])('what is no payment is refused, and the others are taken: %s', async (_, text) => {
  await using it = consuming([[[delivery(text), paymentDelivery(2)]]], () => {});
  await vi.waitUntil(() => it.said.acknowledged.length === 1, PATIENCE);
  expect(it.said.refused).toEqual([`id of ${text}`]);
  expect(it.applied).toEqual([['p2']]);
});

test('what was not acknowledged when the subscription ended is left to the next one', async () => {
  const batch = [paymentDelivery(1)];
  await using it = consuming([[batch], [batch]], (n) => {
    if (n > 1) return;
    it.end();
    throw new Error('the graph is away');
  });
  await vi.waitUntil(() => it.said.acknowledged.length === 1, PATIENCE);
  expect(it.said.opened).toBe(2);
  expect(it.applied).toHaveLength(2);
});

test('a Pulsar that is not there is tried again; it says whether it is subscribed', async () => {
  await using it = consuming([], () => {});
  await vi.waitUntil(() => it.said.opened > 2, PATIENCE);
  expect(it.one.isSubscribed).toBe(false);
  await using other = consuming([[]], () => {});
  await vi.waitUntil(() => other.one.isSubscribed, PATIENCE);
  other.end();
  await vi.waitUntil(() => !other.one.isSubscribed, PATIENCE);
});

test('it ends at the signal, also while the graph takes nothing', async () => {
  const it = consuming([[[paymentDelivery(1)]]], () => {
    throw new Error('the graph is away');
  });
  await vi.waitUntil(() => it.applied.length > 3, PATIENCE);
  await it[Symbol.asyncDispose]();
  expect(it.said.acknowledged).toEqual([]);
});
