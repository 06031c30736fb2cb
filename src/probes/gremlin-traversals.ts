import { checksum } from './checksum.ts';
import { bytecode, type Frame, FrameTemplate, numberHole, textHole, traversalFrame } from './gremlin-frames.ts';
import { type BytecodeOf, P, statics, Traverser } from './gremlin-library.ts';

/** The only labels and property keys that this probe writes. */
export const ACCOUNT = 'DrillAccount';
export const TRANSACTS = 'DRILL_TRANSACTS_WITH';
export const KEY = 'drillKey';
export const SEQ = 'drillSeq';
export const SUM = 'drillSum';

export const fromKey = (key: string): string => `${key}#from`;
export const toKey = (key: string): string => `${key}#to`;

/** A vertex with a key, and the checksums on the probe's edges that leave it and that come in. */
export interface SeenAccount {
  readonly key: string;
  readonly out: readonly string[];
  readonly in: readonly string[];
}

/** An edge with a key as the index of edges finds it. */
export interface SeenEdge {
  readonly key: string;
  readonly seq: number | null;
  readonly sum: string;
}

/** The requests of the probe against one traversal source. */
export class Traversals {
  private readonly source: string;
  private readonly writing: FrameTemplate;
  private readonly reading: FrameTemplate;

  constructor(source: string) {
    this.source = source;
    this.writing = new FrameTemplate(writeSteps(), source, 5);
    this.reading = new FrameTemplate(accountSteps([textHole(0), textHole(1)]), source, 2);
  }

  /** Two accounts and the transaction between them, in one request: JanusGraph commits at its end, before it answers. */
  write(key: string, seq: number): Frame {
    return this.writing.fill([fromKey(key), toKey(key), key, checksum(key, seq), seq]);
  }

  read(key: string): Frame {
    return this.reading.fill([fromKey(key), toKey(key)]);
  }

  accounts(keys: readonly string[]): Frame {
    return traversalFrame(accountSteps(keys.flatMap((key) => [fromKey(key), toKey(key)])), this.source);
  }

  edges(keys: readonly string[]): Frame {
    const project = [
      ['project', 'k', 'q', 's'],
      ['by', KEY],
      ['by', SEQ],
      ['by', SUM],
    ] as const;
    return traversalFrame(bytecode([['E'], ['has', TRANSACTS, KEY, P.within([...keys])], ...project]), this.source);
  }

  /** Drops the accounts of these keys and every edge at them; then what edges of these keys are left. */
  drop(keys: readonly string[]): readonly Frame[] {
    const ends = keys.flatMap((key) => [fromKey(key), toKey(key)]);
    return [
      traversalFrame(bytecode([['V'], ['has', ACCOUNT, KEY, P.within(ends)], ['drop'], ['none']]), this.source),
      traversalFrame(bytecode([['E'], ['has', TRANSACTS, KEY, P.within([...keys])], ['drop'], ['none']]), this.source),
    ];
  }

  /** Answers a number without touching the graph. */
  hello(): Frame {
    return traversalFrame(bytecode([['inject', 1]]), this.source);
  }
}

function writeSteps(): BytecodeOf {
  return bytecode([
    ['addV', ACCOUNT],
    ['property', KEY, textHole(0)],
    ['as', 'a'],
    ['addV', ACCOUNT],
    ['property', KEY, textHole(1)],
    ['as', 'b'],
    ['addE', TRANSACTS],
    ['from', 'a'],
    ['to', 'b'],
    ['property', KEY, textHole(2)],
    ['property', SUM, textHole(3)],
    ['property', SEQ, numberHole(4)],
    // Nothing but the acknowledgement comes back: JanusGraph's own types are not in the client's GraphBinary.
    ['none'],
  ]);
}

function accountSteps(keys: readonly string[]): BytecodeOf {
  return bytecode([
    ['V'],
    ['has', ACCOUNT, KEY, P.within([...keys])],
    ['project', 'k', 'o', 'i'],
    ['by', KEY],
    ['by', statics.outE(TRANSACTS).values(SUM).fold()],
    ['by', statics.inE(TRANSACTS).values(SUM).fold()],
  ]);
}

/** The answer to `read` and `accounts`. An Error for anything else. */
export function parseAccounts(data: unknown): readonly SeenAccount[] {
  return rows(data).map((row) => ({ key: String(row.get('k')), out: texts(row.get('o')), in: texts(row.get('i')) }));
}

/** The answer to `edges`. An Error for anything else. */
export function parseEdges(data: unknown): readonly SeenEdge[] {
  return rows(data).map((row) => ({
    key: String(row.get('k')),
    seq: row.has('q') ? Number(row.get('q')) : null,
    sum: String(row.get('s') ?? ''),
  }));
}

interface Folded {
  readonly object: unknown;
  readonly bulk: unknown;
}

/** Results of a traversal come with how often each is there: equal ones are folded into one. */
function rows(data: unknown): readonly Map<string, unknown>[] {
  if (!Array.isArray(data)) throw new Error('expected a list from the server, got something else');
  return data.flatMap((one: unknown) => {
    const { object: row, bulk: times } = one instanceof Traverser ? (one as Folded) : { object: one, bulk: 1 };
    if (!(row instanceof Map)) throw new Error('expected maps from the server, got something else');
    return Array.from({ length: Number(times) }, () => row as Map<string, unknown>);
  });
}

function texts(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new Error('expected a list of checksums from the server, got something else');
  return value.map(String);
}
