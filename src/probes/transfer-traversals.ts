import { checksum } from '../history/checksum.ts';
import { bytecode, type Frame, FrameTemplate, numberHole, textHole, traversalFrame } from './gremlin-frames.ts';
import { P, statics } from './gremlin-library.ts';
import type { ProbeSchema } from './gremlin-schema.ts';
import { SEQ, SUM } from './gremlin-traversals.ts';

const PURSE = 'DrillPurse';
const TRANSFERS = 'DRILL_TRANSFERS';
const PURSE_KEY = 'drillPurse';
const TRANSFER_KEY = 'drillTransfer';
const BALANCE = 'drillBalance';
const AMOUNT = 'drillAmount';

export const TRANSFER_SCHEMA: ProbeSchema = {
  texts: [PURSE_KEY, TRANSFER_KEY, SUM],
  integers: [SEQ, AMOUNT],
  decimals: [BALANCE],
  vertexLabels: [PURSE],
  edgeLabels: [TRANSFERS],
  vertexIndexes: { drillPurseByKey: PURSE_KEY },
  edgeIndexes: { drillTransferByKey: TRANSFER_KEY },
};

/** Makes the purses of `keys` that are not there, each with `balance`. */
export const FILL = `
def tx = GRAPH.buildTransaction().start()
try {
  purseKeys.each { key ->
    if (!tx.traversal().V().has(purseKey, key).hasNext()) tx.addVertex(org.apache.tinkerpop.gremlin.structure.T.label, purse, purseKey, key, balanceKey, balance as double)
  }
  tx.commit()
} catch (Throwable problem) {
  if (tx.isOpen()) tx.rollback()
  throw problem
}
'filled'`;

/** Deletes purses with every transfer at them. */
export const EMPTY = `
def tx = GRAPH.buildTransaction().consistencyChecks(false).start()
try {
  tx.traversal().V().has(purseKey, org.apache.tinkerpop.gremlin.process.traversal.P.within(purseKeys)).drop().iterate()
  tx.traversal().E().has(transferKey, org.apache.tinkerpop.gremlin.process.traversal.P.within(transferKeys)).drop().iterate()
  tx.commit()
} catch (Throwable problem) {
  if (tx.isOpen()) tx.rollback()
  throw problem
}
'emptied'`;

/** Names for the scripts. */
export const TRANSFER_NAMES = {
  purse: PURSE,
  purseKey: PURSE_KEY,
  balanceKey: BALANCE,
  transferKey: TRANSFER_KEY,
} as const;

/** One transfer of a number of pennies. */
export interface Transfer {
  readonly key: string;
  readonly seq: number;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

/** A purse as a site has it: what is in it, and what the transfers that it knows took out and put in. */
export interface SeenPurse {
  readonly id: string;
  readonly key: string;
  readonly balance: number;
  readonly paid: number;
  readonly got: number;
}

export class TransferTraversals {
  private readonly source: string;
  private readonly writing: FrameTemplate;

  constructor(source: string) {
    this.source = source;
    this.writing = new FrameTemplate(transferSteps(), source, 8);
  }

  /** Takes an amount out of one purse and puts it into another, with an edge that says so, in one transaction. Answers 1; 0 where a purse is not there. */
  write({ key, seq, from, to, amount }: Transfer): Frame {
    return this.writing.fill([from, to, key, checksum(key, seq), seq, amount, `_ - ${amount}`, `_ + ${amount}`]);
  }

  /** The transfers of these keys: their key and checksum. */
  transfers(keys: readonly string[]): Frame {
    return this.frame([
      ['E'],
      ['has', TRANSFERS, TRANSFER_KEY, P.within([...keys])],
      ['project', 'k', 'q', 's'],
      ['by', TRANSFER_KEY],
      ['by', SEQ],
      ['by', SUM],
    ]);
  }

  purses(keys: readonly string[]): Frame {
    return this.frame([
      ['V'],
      ['has', PURSE_KEY, P.within([...keys])],
      ['project', 'i', 'k', 'b', 'o', 'n'],
      ['by', statics.id()],
      ['by', PURSE_KEY],
      ['by', BALANCE],
      ['by', statics.outE(TRANSFERS).values(AMOUNT).fold()],
      ['by', statics.inE(TRANSFERS).values(AMOUNT).fold()],
    ]);
  }

  count(keys: readonly string[]): Frame {
    return this.frame([['V'], ['has', PURSE_KEY, P.within([...keys])], ['count']]);
  }

  countTransfers(keys: readonly string[]): Frame {
    return this.frame([['E'], ['has', TRANSFERS, TRANSFER_KEY, P.within([...keys])], ['count']]);
  }

  private frame(steps: readonly (readonly [string, ...unknown[]])[]): Frame {
    return traversalFrame(bytecode(steps), this.source);
  }
}

function transferSteps() {
  return bytecode([
    ['V'],
    ['has', PURSE_KEY, textHole(0)],
    ['as', 'a'],
    ['V'],
    ['has', PURSE_KEY, textHole(1)],
    ['as', 'b'],
    ['addE', TRANSFERS],
    ['from', 'a'],
    ['to', 'b'],
    ['property', TRANSFER_KEY, textHole(2)],
    ['property', SUM, textHole(3)],
    ['property', SEQ, numberHole(4)],
    ['property', AMOUNT, numberHole(5)],
    ['select', 'a'],
    ['property', BALANCE, statics.values(BALANCE).math(textHole(6))],
    ['select', 'b'],
    ['property', BALANCE, statics.values(BALANCE).math(textHole(7))],
    ['count'],
  ]);
}

/** A row of the answer to `purses`. An Error for anything else. */
export function parsePurse(row: Map<string, unknown>): SeenPurse {
  const sum = (value: unknown): number => {
    if (!Array.isArray(value)) throw new Error('expected amounts from the server, got something else');
    return value.reduce((total: number, one: unknown) => total + Number(one), 0);
  };
  return {
    id: String(row.get('i')),
    key: String(row.get('k')),
    balance: Number(row.get('b')),
    paid: sum(row.get('o')),
    got: sum(row.get('n')),
  };
}
