import { type Document, isMap, isNode, isScalar, isSeq, type LineCounter } from 'yaml';
import { formatPath, type Path, type Problem } from './problem.ts';

/** Where in its file each part of a scenario stands. */
export interface Positions {
  readonly file: string;
  /** A problem at the value of `path`; where there is none, at the nearest key above it. */
  atValue(path: Path, text: string): Problem;
  /** A problem at the key itself. */
  atKey(path: Path, text: string): Problem;
}

/** Positions of a YAML document that was parsed with this counter. */
export function positionsOf(file: string, document: Document, counter: LineCounter): Positions {
  const problem = (offset: number, path: Path, text: string): Problem => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), path: formatPath(path), text };
  };
  return {
    file,
    atValue: (path, text) => problem(find(document, path).value, path, text),
    atKey: (path, text) => problem(find(document, path).key, path, text),
  };
}

/** Offsets of a path's key and value; of the last part that exists. */
function find(document: Document, path: Path): { key: number; value: number } {
  let node: unknown = document.contents;
  let key = 0;
  let value = startOf(node) ?? 0;
  for (const part of path) {
    if (isSeq(node) && typeof part === 'number') {
      node = node.items[part];
      key = startOf(node) ?? key;
    } else if (isMap(node)) {
      // Of a key that stands twice the last one counts, as in the data.
      const pair = node.items.findLast((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (!pair) return { key, value: key };
      key = startOf(pair.key) ?? key;
      node = pair.value;
    } else return { key, value: key };
    value = startOf(node) ?? key;
  }
  return { key, value };
}

function startOf(node: unknown): number | null {
  return isNode(node) && node.range ? node.range[0] : null;
}
