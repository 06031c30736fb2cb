import { checksum } from '../history/checksum.ts';
import { bytecode, type Frame, FrameTemplate, numberHole, textHole, traversalFrame } from './gremlin-frames.ts';
import { P, statics } from './gremlin-library.ts';
import type { ProbeSchema } from './gremlin-schema.ts';
import { parseRows, SEQ, SUM } from './gremlin-traversals.ts';

const CUSTOMER = 'DrillCustomer';
const ENROLMENT = 'DrillEnrolment';
const ENROLS = 'DRILL_ENROLS';
const ENROLMENT_KEY = 'drillEnrolment';
/** What no two customers may have, such as the number of a passport; and the same again, by which all that have it are found, however many. */
const PASSPORT = 'drillPassport';
const NUMBER = 'drillNumber';

export const CUSTOMER_SCHEMA: ProbeSchema = {
  texts: [ENROLMENT_KEY, PASSPORT, NUMBER, SUM],
  integers: [SEQ],
  decimals: [],
  vertexLabels: [CUSTOMER, ENROLMENT],
  edgeLabels: [ENROLS],
  vertexIndexes: { drillEnrolmentByKey: ENROLMENT_KEY, drillCustomerByNumber: NUMBER },
  edgeIndexes: {},
  uniqueIndexes: { drillCustomerByPassport: PASSPORT },
};

/** Deletes enrolments and customers. Without locks: what only one may have is not written. */
export const DISMISS = `
def tx = GRAPH.buildTransaction().consistencyChecks(false).start()
try {
  def within = { org.apache.tinkerpop.gremlin.process.traversal.P.within(it) }
  tx.traversal().V().has(enrolmentKey, within(enrolments)).drop().iterate()
  tx.traversal().V().has(numberKey, within(numbers)).drop().iterate()
  tx.traversal().V().has(passportKey, within(numbers)).drop().iterate()
  tx.commit()
} catch (Throwable problem) {
  if (tx.isOpen()) tx.rollback()
  throw problem
}
'dismissed'`;

/** Names for the script. */
export const CUSTOMER_NAMES = { enrolmentKey: ENROLMENT_KEY, numberKey: NUMBER, passportKey: PASSPORT } as const;

/** An enrolment as a site has it, and the numbers of the customers whom it enrolled: one. */
export interface SeenEnrolment {
  readonly key: string;
  readonly seq: number | null;
  readonly sum: string;
  readonly numbers: readonly string[];
}

export interface SeenCustomer {
  readonly id: string;
  /** Empty: an index leads to it, and it has none. */
  readonly number: string;
}

export class CustomerTraversals {
  private readonly source: string;
  private readonly writing: FrameTemplate;

  constructor(source: string) {
    this.source = source;
    this.writing = new FrameTemplate(enrolSteps(), source, 4);
  }

  /** Takes the customer who has this number, or makes one, and enrols them, in one transaction. Answers 1. */
  enrol(number: string, key: string, seq: number): Frame {
    return this.writing.fill([number, key, checksum(key, seq), seq]);
  }

  enrolments(keys: readonly string[]): Frame {
    return this.frame([
      ['V'],
      ['has', ENROLMENT_KEY, P.within([...keys])],
      ['project', 'k', 'q', 's', 'n'],
      ['by', ENROLMENT_KEY],
      ['by', SEQ],
      ['by', SUM],
      ['by', statics.out(ENROLS).values(NUMBER).fold()],
    ]);
  }

  /** Every customer of these numbers, by an index that knows as many as there are. */
  customers(numbers: readonly string[]): Frame {
    return this.frame(customersBy(NUMBER, numbers));
  }

  /** Those whom the unique index finds. */
  found(numbers: readonly string[]): Frame {
    return this.frame(customersBy(PASSPORT, numbers));
  }

  countEnrolments(keys: readonly string[]): Frame {
    return this.frame([['V'], ['has', ENROLMENT_KEY, P.within([...keys])], ['count']]);
  }

  private frame(steps: readonly (readonly [string, ...unknown[]])[]): Frame {
    return traversalFrame(bytecode(steps), this.source);
  }
}

function customersBy(property: string, numbers: readonly string[]): readonly (readonly [string, ...unknown[]])[] {
  return [
    ['V'],
    ['has', property, P.within([...numbers])],
    ['project', 'i', 'k'],
    ['by', statics.id()],
    ['by', statics.coalesce(statics.values(NUMBER), statics.values(PASSPORT), statics.constant(''))],
  ];
}

function enrolSteps() {
  const made = statics.addV(CUSTOMER).property(PASSPORT, textHole(0)).property(NUMBER, textHole(0));
  return bytecode([
    ['V'],
    ['has', PASSPORT, textHole(0)],
    ['fold'],
    ['coalesce', statics.unfold(), made],
    ['as', 'c'],
    ['addV', ENROLMENT],
    ['property', ENROLMENT_KEY, textHole(1)],
    ['property', SUM, textHole(2)],
    ['property', SEQ, numberHole(3)],
    ['addE', ENROLS],
    ['to', 'c'],
    ['count'],
  ]);
}

/** The answer to `enrolments`. An Error for anything else. */
export function parseEnrolments(data: unknown): readonly SeenEnrolment[] {
  return parseRows(data).map((row) => {
    const numbers: unknown = row.get('n');
    if (!Array.isArray(numbers)) throw new Error('expected numbers from the server, got something else');
    return {
      key: String(row.get('k')),
      seq: row.has('q') ? Number(row.get('q')) : null,
      sum: String(row.get('s') ?? ''),
      numbers: numbers.map(String),
    };
  });
}

/** The answer to `customers` and `found`. An Error for anything else. */
export function parseCustomers(data: unknown): readonly SeenCustomer[] {
  return parseRows(data).map((row) => ({ id: String(row.get('i')), number: String(row.get('k')) }));
}
