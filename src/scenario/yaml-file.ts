import { isAlias, isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { messageOf } from '../errors.ts';
import { expectation, explain } from './explain.ts';
import { type Positions, positionsOf } from './positions.ts';
import { inOrder, type Problem } from './problem.ts';

const MAX_BYTES = 1_000_000;

/** What a YAML file holds, with the place of each part, or everything that is wrong with it. */
export type ParsedYaml<T> =
  | { readonly ok: true; readonly value: T; readonly positions: Positions }
  | { readonly ok: false; readonly problems: readonly Problem[] };

interface YamlKind<T> {
  /** In messages: `a scenario`. */
  readonly what: string;
  readonly schema: () => z.ZodType<T>;
  /** What only a look at several fields can tell. */
  readonly rules: (value: T, positions: Positions) => readonly Problem[];
}

/** Reads the bytes of a YAML file by a strict schema. Pure; never throws for what the bytes hold. `file` is the name for messages. */
export function parseYaml<T>(bytes: Uint8Array, file: string, kind: YamlKind<T>): ParsedYaml<T> {
  const wholeFile = (text: string, line = 1, column = 1): ParsedYaml<T> => {
    return { ok: false, problems: [{ file, line, column, path: '', text }] };
  };
  if (bytes.length > MAX_BYTES) return wholeFile(`expected at most ${MAX_BYTES} bytes, got ${bytes.length}`);
  const text = decode(bytes);
  if (typeof text !== 'string') return wholeFile('expected UTF-8, got a byte that is none', text.line, text.column);
  try {
    return parseText(text, file, kind);
  } catch (error) {
    // The YAML library and zod both recurse: a file of brackets alone exhausts the stack.
    if (error instanceof RangeError) return wholeFile(`nested too deeply to be ${kind.what}`);
    return wholeFile(`cannot be read as YAML: ${messageOf(error)}`);
  }
}

function parseText<T>(text: string, file: string, { what, schema, rules }: YamlKind<T>): ParsedYaml<T> {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, strict: true, merge: false });
  const positions = positionsOf(file, document, counter);
  const problemAt = (offset: number, message: string): Problem => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), path: '', text: message };
  };
  const problems: Problem[] = [];
  const errors = [...document.errors, ...document.warnings];
  if (errors.some(({ message }) => message.includes('Maximum call stack')))
    throw new RangeError('the YAML library exhausted the stack');
  // What else is wrong where tabs indent follows from the tabs.
  const tabs = errors.filter(({ code }) => code === 'TAB_AS_INDENT');
  for (const { code, message, pos } of tabs.length > 0 ? tabs : errors)
    problems.push(problemAt(pos[0], yamlError(code, what) ?? `not valid YAML: ${message}`));
  const torn = errors.some(({ code }) => code !== 'DUPLICATE_KEY');
  if (torn) return { ok: false, problems: inOrder(problems) };
  visit(document, {
    Node(_, node) {
      const at = node.range?.[0] ?? 0;
      if (isAlias(node) || node.anchor !== undefined)
        problems.push(problemAt(at, 'expected no anchors and aliases: write it out'));
      else if (node.tag !== undefined) problems.push(problemAt(at, `expected no tags, got ${node.tag}`));
    },
    Pair(_, pair) {
      const key = isScalar(pair.key) ? pair.key.value : undefined;
      const at = (pair.key as { range?: [number] } | null)?.range?.[0] ?? 0;
      if (typeof key !== 'string') problems.push(problemAt(at, 'expected a key that is text'));
      else if (key === '__proto__') problems.push(problemAt(at, 'expected another key than __proto__'));
    },
  });
  if (document.contents === null) problems.push(problemAt(0, `expected ${what}, got an empty file`));
  // An alias may point at what contains it, and a key that is no text has no place in the schema.
  if (problems.some(({ text }) => !text.startsWith('duplicate'))) return { ok: false, problems: inOrder(problems) };

  const data: unknown = document.toJS({ maxAliasCount: 0 });
  const result = schema().safeParse(data, { error: expectation });
  if (!result.success) problems.push(...explain(result.error.issues, data, positions));
  else problems.push(...rules(result.data, positions));
  if (problems.length > 0 || !result.success) return { ok: false, problems: inOrder(problems) };
  return { ok: true, value: result.data, positions };
}

/** The keys of the map that a YAML file holds; of anything else, none. Pure; never throws for what the bytes hold. */
export function topLevelKeys(bytes: Uint8Array): readonly string[] {
  if (bytes.length > MAX_BYTES) return [];
  try {
    const { contents } = parseDocument(new TextDecoder().decode(bytes), { logLevel: 'silent' });
    return isMap(contents) ? contents.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : [])) : [];
  } catch {
    // Nested too deeply; whoever reads it whole says so.
    return [];
  }
}

function yamlError(code: string, what: string): string | undefined {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'duplicate key: it stands above already';
    case 'MULTIPLE_DOCS':
      return `expected one ${what.replace(/^an? /, '')}, got a second document (---)`;
    case 'TAB_AS_INDENT':
      return 'expected spaces, got a tab as indentation';
    default:
      return undefined;
  }
}

/** The text, or the place of the first byte that is not UTF-8. */
function decode(bytes: Uint8Array): string | { line: number; column: number } {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // U+FFFD may stand in the file itself; what is sure is where decoding again gives other bytes.
    const again = new TextEncoder().encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
    let offset = 0;
    while (offset < bytes.length && bytes[offset] === again[offset]) offset++;
    const before = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, offset)).split('\n');
    return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
  }
}
