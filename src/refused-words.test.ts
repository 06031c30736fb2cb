import { expect, test } from 'vitest';
import { refusedWords } from './refused-words.ts';

test.each([
  'the platform is compliant',
  'DORA compliance',
  'it complies with Article 11',
  'certified by nobody',
  'an audit-ready bundle',
  'audit ready',
  'a tamper‑proof journal',
  'tam\u00adper-proof',
  'ｃｏｍｐｌｉａｎｔ',
  'RPO = 0',
  'rpo=0 s',
  'RPO\u00a0=\u202f0',
  'RPO is zero',
  'an RPO of 0 seconds',
  'RPO: 0.000 s',
  'zero RPO',
  'zero data loss',
  'a TLPT exercise',
])('refused: %s', (text) => {
  expect(refusedWords(text)).toHaveLength(1);
});

test.each([
  'RPO = 0.4 s',
  'RPO of 0.05 s',
  'RPO of ledger < 5 s',
  'TLS certificate',
  'none of 942 acknowledged writes lost',
  'tamper-evident',
  'this is not TLPT',
  'incomplete: the run complained',
  'audited by internal audit',
])('not refused: %s', (text) => {
  expect(refusedWords(text)).toEqual([]);
});

test('production is a word for production alone', () => {
  expect(refusedWords('on production', 'laboratory')).toMatchObject([{ word: 'production' }]);
  expect(refusedWords('on production', ' Production ')).toEqual([]);
  expect(refusedWords('production-like', 'staging')).toEqual([]);
});
