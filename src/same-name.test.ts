import { expect, test } from 'vitest';
import { isAmong, plainName, sameName } from './same-name.ts';

test.each([
  ['Ada Approver', 'ada  APPROVER '],
  ['Ada Approver', 'Ada\u00a0Approver'],
  ['Ada Approver', '\uff21da Approver'],
  ['Ada Approver', 'Ada\u200b \u00adApprover'],
  ['Ada Approver', 'A\u034fda Approver\u3164'],
  ['Ada Approver', 'Ada\ufe0f Approver\u2800'],
  ['Ren\u00e9', 'Rene\u0301'],
  ['Wei\u00df', 'WEISS'],
  ['\u0391\u039d\u039d\u0391\u03a3', '\u03b1\u03bd\u03bd\u03b1\u03c2'],
])('%s is %s', (one, other) => {
  expect(sameName(one, other)).toBe(true);
  expect(isAmong(other, ['somebody', one])).toBe(true);
});

test.each([
  ['Ada', 'Adam'],
  ['Ada B', 'AdaB'],
  ['', 'Ada'],
])('%s is not %s', (one, other) => expect(sameName(one, other)).toBe(false));

test('is its own plain name, and nobody is among nobody', () => {
  for (const name of ['Ada  B', 'Wei\u00df', '\u0130da', '\ufb01lip'])
    expect(plainName(plainName(name))).toBe(plainName(name));
  expect(isAmong('Ada', [])).toBe(false);
});
