import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wordsOf } from '../../../src/redact/vocabulary.ts';
import { literalsOf, sourcesBelow, textOf } from './literals.ts';

const ROOT = join(import.meta.dirname, '../../..');
export const VOCABULARY = join(ROOT, 'src/redact/vocabulary.txt');

/** Every word of the sources' own texts, but for what somebody calls a site, a client or a service of the delivered scenarios. */
export function wordsOfSources(): readonly string[] {
  const words = new Set(
    sourcesBelow(ROOT, 'src').flatMap((path) =>
      literalsOf(path, textOf(ROOT, path)).flatMap(({ text }) => wordsOf(text)),
    ),
  );
  for (const name of ['paris', 'london', 'frankfurt', 'dublin', 'berlin', 'amsterdam']) words.delete(name);
  // Too short to be looked at as words, and long enough to be somebody's: codes, digests, samples.
  return [...words].filter((word) => /^\p{L}[\p{L}\p{N}]{0,39}$/u.test(word)).sort();
}

if (import.meta.main) writeFileSync(VOCABULARY, `${wordsOfSources().join('\n')}\n`);
export const committed = (): readonly string[] => readFileSync(VOCABULARY, 'utf8').split('\n').filter(Boolean);
