import { z } from 'zod';
import type { CensusEntry } from '../history/census.ts';
import { CANARY_SERVICE } from '../history/operation.ts';
import { turnOf, writerOf } from '../history/timetable.ts';
import { batches } from './batches.ts';
import {
  CUSTOMER_NAMES,
  CUSTOMER_SCHEMA,
  CustomerTraversals,
  DISMISS,
  parseCustomers,
  parseEnrolments,
  type SeenCustomer,
  type SeenEnrolment,
} from './customer-traversals.ts';
import { gremlinProbe } from './gremlin.ts';
import { GremlinClient } from './gremlin-client.ts';
import type { Frame } from './gremlin-frames.ts';
import { type GraphLedger, GremlinLedgerClient, stateOfOne } from './gremlin-ledger.ts';
import { graphOf, gremlinParams, sourceOf } from './gremlin-params.ts';
import { awaitSchema, makeSchema } from './gremlin-schema.ts';
import { parseCount } from './gremlin-traversals.ts';
import type { ProbeContext, ProbeType, ReadBackAnswer } from './probe.ts';

/** More than a service enrols in seven minutes at 10/s: then it begins anew, and finds them. */
const CUSTOMERS = 2_000;
const BATCH = 100;
const SCRIPT_MS = 60_000;

const params = gremlinParams.extend({
  ahead: z
    .int()
    .min(0)
    .max(1_000)
    .default(0)
    .describe(
      'How many customers this service is ahead of the others: so that two do not enrol the same at the same time.',
    ),
});

/**
 * Enrols customers whom all services share: takes the one who has a number, or makes one, in one transaction, under an index that lets no two have it
 * (unique, held by JanusGraph's locks). The ledger is of the enrolments; the census finds numbers that two customers have, and customers whom the unique
 * index does not find.
 */
export const customersProbe: ProbeType = {
  probe: 'customers',
  summary:
    'enrols shared customers through JanusGraph, no two of whom may have one number, and reads the last enrolment',
  params,
  component: 'janusgraph',
  keyspaces: gremlinProbe.keyspaces,

  settings: (context) => ({ ...gremlinProbe.settings(context), customers: CUSTOMERS }),

  async prepare(contexts, signal) {
    for (const [index, context] of contexts.entries()) {
      await using client = await GremlinClient.connect(context, signal);
      if (index === 0) await makeSchema(client, graphOf(context), CUSTOMER_SCHEMA);
      await awaitSchema(client, context.site.name, graphOf(context), CUSTOMER_SCHEMA, signal);
    }
  },

  async connect(context, signal) {
    const client = await GremlinClient.connect(context, signal);
    const traversals = new CustomerTraversals(sourceOf(context));
    const ledger: GraphLedger<SeenEnrolment> = {
      write: (key, seq) => traversals.enrol(customerOf(context, key, seq), key, seq),
      read: (keys) => traversals.enrolments(keys),
      parse: parseEnrolments,
      stateOf: (key, seq, seen) => stateOf(customerOf(context, key, seq), key, seq, seen),
    };
    return new GremlinLedgerClient(client, ledger, context.timeoutUs);
  },

  async remove(context, writes, signal) {
    await using client = await GremlinClient.connect(context, signal);
    for (const batch of batches(writes, BATCH))
      await dismiss(client, context, { enrolments: batch.map(({ key }) => key), numbers: [] }, signal);
  },

  async cleanup(contexts, writes, signal) {
    let left = 0;
    for (const context of contexts) {
      await using client = await GremlinClient.connect(context, signal);
      const traversals = new CustomerTraversals(sourceOf(context));
      const count = async (frames: readonly Frame[], parse: (data: unknown) => number): Promise<number> => {
        let found = 0;
        for (const frame of frames) found += parse(await client.must(frame, UNCOUNTED));
        return found;
      };
      /** Looks first: what was deleted at one site is gone at the next. */
      const clear = async (
        frames: readonly Frame[],
        parse: (data: unknown) => number,
        what: Dismissed,
      ): Promise<void> => {
        signal.throwIfAborted();
        if ((await count(frames, parse)) === 0) return;
        await dismiss(client, context, what, signal);
        left += await count(frames, parse);
      };
      for (const batch of batches(writes, BATCH)) {
        const enrolments = batch.map(({ key }) => key);
        await clear([traversals.countEnrolments(enrolments)], parseCount, { enrolments, numbers: [] });
      }
      const enrolled = writes.map(({ key, seq }) => customerOf(context, key, seq));
      const all = new Set([...sharedNumbers(context.run), ...enrolled]);
      for (const numbers of batches([...all], BATCH)) {
        const frames = [traversals.customers(numbers), traversals.found(numbers)];
        await clear(frames, (data) => parseCustomers(data).length, { enrolments: [], numbers });
      }
    }
    return { left };
  },

  async census(context, signal) {
    await using client = await GremlinClient.connect(context, signal);
    const traversals = new CustomerTraversals(sourceOf(context));
    const entries: CensusEntry[] = [];
    for (const batch of batches(sharedNumbers(context.run), BATCH)) {
      signal.throwIfAborted();
      const all = parseCustomers(await client.must(traversals.customers(batch), UNSEEN));
      const found = parseCustomers(await client.must(traversals.found(batch), UNSEEN));
      entries.push(...entriesOf(all, found));
    }
    return entries;
  },
};

const UNCOUNTED = 'what is left could not be counted';
const UNSEEN = 'the customers could not be looked over';

/** An enrolment of which the customer is missing, or is another, is there in part. */
function stateOf(number: string, key: string, seq: number, seen: readonly SeenEnrolment[]): ReadBackAnswer {
  const answer = stateOfOne(key, seq, seen);
  const whole = seen.every(({ numbers }) => numbers.length === 1 && numbers[0] === number);
  return answer.state === 'present' && !whole ? { ...answer, state: 'partial' } : answer;
}

/** `all`: by number, `found`: by the unique index. One without a number is an entry of an index that leads to nobody. */
function entriesOf(all: readonly SeenCustomer[], found: readonly SeenCustomer[]): readonly CensusEntry[] {
  const ids = (seen: readonly SeenCustomer[]): ReadonlySet<string> => new Set(seen.map(({ id }) => id));
  const [inAll, inFound] = [ids(all), ids(found)];
  const each = new Map([...all, ...found].map((one) => [one.id, one]));
  return [...each.values()].map(({ id, number }) => {
    const entry = { element: id, vertex: '', other: '', key: number };
    if (number === '') return { ...entry, kind: 'vertex-index', value: '' };
    const value = !inFound.has(id) ? 'hidden' : inAll.has(id) ? 'found' : 'unlisted';
    return { ...entry, kind: 'customer', value };
  });
}

/** The number of the customer whom the write of a key enrols: of a service's clients each in turn, of everybody else one of its own, whom nobody looks over. */
export function customerOf(context: Pick<ProbeContext, 'run' | 'params'>, key: string, seq: number): string {
  const { probe, service = '' } = writerOf(context.run, key) ?? {};
  const isClient = probe === customersProbe.probe && service !== '' && service !== CANARY_SERVICE;
  const turn = (turnOf(seq) + Number(context.params.ahead ?? 0)) % CUSTOMERS;
  return isClient ? sharedNumber(context.run, turn) : ownNumber(key);
}

function sharedNumbers(run: string): readonly string[] {
  return Array.from({ length: CUSTOMERS }, (_, n) => sharedNumber(run, n));
}

function sharedNumber(run: string, n: number): string {
  return `${run}/customer/${n}`;
}

function ownNumber(key: string): string {
  return `${key}/customer`;
}

/** Keys of enrolments and numbers of customers. */
interface Dismissed {
  readonly enrolments: readonly string[];
  readonly numbers: readonly string[];
}

async function dismiss(
  client: GremlinClient,
  context: ProbeContext,
  what: Dismissed,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const script = DISMISS.replace('GRAPH', graphOf(context));
  await client.script(script, { ...CUSTOMER_NAMES, ...what }, 'the customers could not be deleted', SCRIPT_MS);
}
