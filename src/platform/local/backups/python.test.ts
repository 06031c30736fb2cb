import { expect, test } from 'vitest';
import { findPython } from './python.ts';

const having = (versions: Readonly<Record<string, string>>) => findPython((program) => versions[program] ?? '');

test('a Python that Medusa runs on is found under any of its names', () => {
  expect(having({ python3: 'Python 3.11' })).toBe('python3');
  expect(having({ python3: 'Python 3.13', 'python3.12': 'Python 3.12', 'python3.11': 'Python 3.11' })).toBe(
    'python3.12',
  );
  expect(having({ python3: 'Python 3.9', 'python3.11': 'Python 3.11' })).toBe('python3.11');
});

test('none is found where none is of these versions, or has no venv', () => {
  expect(having({})).toBeNull();
  expect(having({ python3: 'Python 3.13' })).toBeNull();
  expect(having({ python3: '' })).toBeNull();
});
