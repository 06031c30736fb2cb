import { expect, test } from 'vitest';
import { committed, wordsOfSources } from '../../test/unit/support/write-vocabulary.ts';

test('no word passes that no source prints: npm run vocabulary makes the list again', () => {
  const words = new Set(wordsOfSources());
  expect(committed().filter((word) => !words.has(word))).toEqual([]);
});

test('nearly every word that the sources print passes', () => {
  const passes = new Set(committed());
  const words = wordsOfSources();
  expect(words.filter((word) => passes.has(word)).length / words.length).toBeGreaterThan(0.9);
});
