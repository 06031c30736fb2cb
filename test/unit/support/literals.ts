import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

export interface LiteralText {
  /** `src/report/html.ts:12`. */
  readonly where: string;
  readonly text: string;
}

/** What stands for a value in a template. */
const HOLE = '\ufffc';

/** Every text that a module of TypeScript can print: strings, templates with holes for their values, those that are put together with `+`, names of members. */
export function literalsOf(file: string, source: string): readonly LiteralText[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const found: LiteralText[] = [];
  const take = (start: number, text: string): void => {
    found.push({ where: `${file}:${source.slice(0, start).split('\n').length}`, text });
  };
  new Visitor({
    Literal(node) {
      if (typeof node.value === 'string') take(node.start, node.value);
    },
    TemplateLiteral(node) {
      take(node.start, node.quasis.map(({ value }) => value.cooked ?? value.raw).join(HOLE));
    },
    Property(node) {
      if (!node.computed && node.key.type === 'Identifier') take(node.start, node.key.name);
    },
    BinaryExpression(node) {
      const text = node.operator === '+' ? sumOf(node) : null;
      if (text !== null) take(node.start, text);
    },
  }).visit(program);
  return found;
}

/** The text of a sum of literals; what is none is a hole. Null: there is no text in it. */
function sumOf(node: unknown): string | null {
  const { type, left, right, value, quasis } = node as Record<string, unknown>;
  if (type === 'BinaryExpression') {
    const [a, b] = [sumOf(left), sumOf(right)];
    return a === null && b === null ? null : (a ?? HOLE) + (b ?? HOLE);
  }
  if (type === 'Literal') return typeof value === 'string' ? value : null;
  if (type !== 'TemplateLiteral') return null;
  return (quasis as { value: { raw: string } }[]).map((part) => part.value.raw).join(HOLE);
}

/** The sources below a directory, without tests and what only tests use; paths from the repository's root. */
export function sourcesBelow(root: string, directory: string): readonly string[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter(
      (path) => /\.m?ts$|\.mjs$/.test(path) && !/\.test\.ts$|(^|\/)testing(-[a-z]+)?\.ts$|fixtures\.ts$/.test(path),
    )
    .map((path) => `${directory}/${path}`)
    .sort();
}

export function textOf(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
