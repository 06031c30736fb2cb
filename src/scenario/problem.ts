import { InputError } from '../errors.ts';
import { shown } from '../text.ts';

/** One thing that is wrong in a file. `line` and `column` count from 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where in the scenario, such as `services.ledger.rate`; empty: the file as a whole. */
  readonly path: string;
  /** What was expected, what was got, what was probably meant. */
  readonly text: string;
}

/** Keys and indices from the top of a scenario. */
export type Path = readonly (string | number)[];

/** What a mistake may quote of a file is not longer than anybody would read. */
const MAX_TEXT = 500;

/** `file:line:column: path: text`, on one line, whatever the file holds. */
export function formatProblem({ file, line, column, path, text }: Problem): string {
  const said = shown(`${path === '' ? '' : `${cut(path)}: `}${cut(text)}`).replaceAll('\n', '\\n');
  return `${file}:${line}:${column}: ${said}`;
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${text.length - MAX_TEXT} more characters)` : text;
}

/** All problems in one error, a line each, in the order of the file. */
export function problemsError(problems: readonly Problem[], hint?: string): InputError {
  const lines = inOrder(problems).map(formatProblem);
  return new InputError(lines.join('\n'), hint === undefined ? {} : { hint });
}

/** In the order of the file; the same text at the same place once. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const distinct = new Map(problems.map((problem) => [formatProblem(problem), problem]));
  return [...distinct.values()].sort(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column || a.text.localeCompare(b.text),
  );
}

/** `timeline[0].fault.type`. */
export function formatPath(path: Path): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');
}
