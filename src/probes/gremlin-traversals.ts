import { checksum } from '../history/checksum.ts';
import { bytecode, type Frame, FrameTemplate, numberHole, textHole, traversalFrame } from './gremlin-frames.ts';
import { type BytecodeOf, P, statics, Traverser } from './gremlin-library.ts';

/** The only labels and property keys that this probe writes. */
export const ACCOUNT = 'DrillAccount';
export const TRANSACTS = 'DRILL_TRANSACTS_WITH';
export const KEY = 'drillKey';
export const SEQ = 'drillSeq';
export const SUM = 'drillSum';

/**
 * Deletes the accounts of `endKeys` and every edge at them, then the edges of `edgeKeys` that have no account. In a transaction without locks: the keys
 * are the run's own, and locking two vertices costs ten times what deleting them does.
 */
export const DROP = `
def tx = GRAPH.buildTransaction().consistencyChecks(false).start()
try {
  def within = { org.apache.tinkerpop.gremlin.process.traversal.P.within(it) }
  tx.traversal().V().has(keyName, within(endKeys)).drop().iterate()
  tx.traversal().E().has(transacts, keyName, within(edgeKeys)).drop().iterate()
  tx.commit()
} catch (Throwable problem) {
  if (tx.isOpen()) tx.rollback()
  throw problem
}
'dropped'`;

type Steps = ReturnType<typeof statics.outE>;

export const fromKey = (key: string): string => `${key}#from`;
export const toKey = (key: string): string => `${key}#to`;

/** A vertex with a key, and the checksums on the probe's edges that leave it and that come in. */
export interface SeenAccount {
  readonly key: string;
  readonly out: readonly string[];
  readonly in: readonly string[];
}

/** An edge with a key as one of its views shows it. */
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
    return traversalFrame(accountSteps(endsOf(keys)), this.source);
  }

  /** For each account from which one of these keys leaves, its edges; and for each at which one arrives. Fewer requests to the store than `accounts`. */
  ends(keys: readonly string[]): readonly [leaving: Frame, arriving: Frame] {
    const frame = (ends: readonly string[], edges: Steps): Frame =>
      traversalFrame(bytecode([['V'], ['has', KEY, P.within([...ends])], ['map', edges]]), this.source);
    const seen = (edges: Steps): Steps => edges.project('k', 'q', 's').by(KEY).by(SEQ).by(SUM).fold();
    return [
      frame(keys.map(fromKey), seen(statics.outE(TRANSACTS))),
      frame(keys.map(toKey), seen(statics.inE(TRANSACTS))),
    ];
  }

  /** The edges of these keys as the index of edges finds them. */
  edges(keys: readonly string[]): Frame {
    const project = [
      ['project', 'k', 'q', 's'],
      ['by', KEY],
      ['by', SEQ],
      ['by', SUM],
    ] as const;
    return traversalFrame(bytecode([['E'], ['has', TRANSACTS, KEY, P.within([...keys])], ...project]), this.source);
  }

  /** How many accounts, and how many edges, the indexes have under these keys: nothing but the indexes is read. */
  counts(keys: readonly string[]): readonly [accounts: Frame, edges: Frame] {
    return [
      traversalFrame(bytecode([['V'], ['has', KEY, P.within(endsOf(keys))], ['count']]), this.source),
      traversalFrame(bytecode([['E'], ['has', TRANSACTS, KEY, P.within([...keys])], ['count']]), this.source),
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

export function endsOf(keys: readonly string[]): string[] {
  return keys.flatMap((key) => [fromKey(key), toKey(key)]);
}

/** By key alone, which no other label has: to ask for the label as well is one more request to the store for each vertex. */
function accountSteps(ends: readonly (string | symbol)[]): BytecodeOf {
  return bytecode([
    ['V'],
    ['has', KEY, P.within([...ends])],
    ['project', 'k', 'o', 'i'],
    ['by', KEY],
    ['by', statics.outE(TRANSACTS).values(SUM).fold()],
    ['by', statics.inE(TRANSACTS).values(SUM).fold()],
  ]);
}

/** The answer to `read` and `accounts`. An Error for anything else. */
export function parseAccounts(data: unknown): readonly SeenAccount[] {
  return parseRows(data).map((row) => ({
    key: String(row.get('k')),
    out: texts(row.get('o')),
    in: texts(row.get('i')),
  }));
}

/** The answer to either of `counts`. An Error for anything else. */
export function parseCount(data: unknown): number {
  const count = Number(unfolded(data)[0]);
  if (!Number.isInteger(count)) throw new Error('expected a number from the server, got something else');
  return count;
}

/** The answer to `edges`. An Error for anything else. */
export function parseEdges(data: unknown): readonly SeenEdge[] {
  return parseRows(data).map(seenEdge);
}

/** The answer to one of `ends`: the edges of each account. An Error for anything else. */
export function parseEnds(data: unknown): readonly (readonly SeenEdge[])[] {
  return unfolded(data).map((edges) => {
    if (!Array.isArray(edges)) throw new Error('expected lists from the server, got something else');
    return edges.map((edge) => seenEdge(mapOf(edge)));
  });
}

function seenEdge(row: Map<string, unknown>): SeenEdge {
  return {
    key: String(row.get('k')),
    seq: row.has('q') ? Number(row.get('q')) : null,
    sum: String(row.get('s') ?? ''),
  };
}

interface Folded {
  readonly object: unknown;
  readonly bulk: unknown;
}

/** Results of a traversal come with how often each is there: equal ones are folded into one. */
function unfolded(data: unknown): readonly unknown[] {
  if (!Array.isArray(data)) throw new Error('expected a list from the server, got something else');
  return data.flatMap((one: unknown) => {
    const { object, bulk } = one instanceof Traverser ? (one as Folded) : { object: one, bulk: 1 };
    return Array.from({ length: Number(bulk) }, () => object);
  });
}

/** Any answer of maps. An Error for anything else. */
export function parseRows(data: unknown): readonly Map<string, unknown>[] {
  return unfolded(data).map(mapOf);
}

/** Any answer of texts. An Error for anything else. */
export function parseTexts(data: unknown): readonly string[] {
  return texts(unfolded(data));
}

function mapOf(row: unknown): Map<string, unknown> {
  if (!(row instanceof Map)) throw new Error('expected maps from the server, got something else');
  return row as Map<string, unknown>;
}

function texts(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new Error('expected a list of checksums from the server, got something else');
  return value.map(String);
}
