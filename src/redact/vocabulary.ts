import { readFileSync } from 'node:fs';

/** Letters, marks and digits of any script, and whatever is neither printable ASCII nor one of the signs that the harness prints. */
export const WORD = /[\p{L}\p{M}\p{N}]+|[^\s\x20-\x7e“”‘’„–—→·…×µ≤≥−⌈⌉\u202f]+/gu;

let words: ReadonlySet<string> | undefined;

/**
 * Every word of the texts of the harness itself, in lower case: what may stand in a masked text. `npm run vocabulary` makes the list from the sources; a word that is
 * not in it is masked, so an old list hides too much and shows nothing.
 */
export function vocabulary(): ReadonlySet<string> {
  words ??= new Set(
    readFileSync(new URL('vocabulary.txt', import.meta.url), 'utf8')
      .split('\n')
      .filter(Boolean),
  );
  return words;
}

/** The words of a text, as the vocabulary has them. Numbers are none. */
export function wordsOf(text: string): readonly string[] {
  return (text.normalize('NFKC').match(WORD) ?? [])
    .map((word) => word.toLowerCase())
    .filter((word) => !/^\d+$/.test(word));
}
