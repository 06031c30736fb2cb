import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseCsvLine } from '../history/csv.ts';
import { ByteNames } from './byte-names.ts';
import { integerField, readCsv } from './csv-bytes.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-csv-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function read(text: string): { rows: (string[] | number)[]; torn: boolean } {
  const path = join(directory, 'file.csv');
  writeFileSync(path, text);
  const rows: (string[] | number)[] = [];
  const { torn } = readCsv(path, 'a,b,c\r\n', ['text', 'text', 'text'], ({ bytes, starts, ends, fields }) => {
    rows.push(fields === 3 ? [...starts].map((start, i) => bytes.toString('utf8', start, ends[i])) : fields);
  });
  return { rows, torn };
}

test('records of RFC 4180, with either line end', () => {
  expect(read('a,b,c\r\n1,2,3\r\n,,\r\n')).toEqual({
    rows: [
      ['1', '2', '3'],
      ['', '', ''],
    ],
    torn: false,
  });
  expect(read('a,b,c\n1,2,3\n')).toEqual({ rows: [['1', '2', '3']], torn: false });
});

test('quoted fields, with commas, quotes and line ends in them', () => {
  expect(read('a,b,c\r\n"1,""x""",2,"3\r\n4"\r\nä,b,c\r\n')).toMatchObject({ torn: false });
  expect(read('a,b,c\r\n"1,""x""",2,3\r\nä,b,c\r\n').rows).toEqual([
    ['1,"x"', '2', '3'],
    ['ä', 'b', 'c'],
  ]);
});

test('a torn last record is left out and said', () => {
  expect(read('a,b,c\r\n1,2,3\r\n4,5')).toEqual({ rows: [['1', '2', '3']], torn: true });
  expect(read('a,b,c\r\n1,2,3\r')).toEqual({ rows: [], torn: true });
  expect(read('a,b')).toEqual({ rows: [], torn: true });
});

test('too few, too many fields', () => {
  expect(read('a,b,c\r\n1,2\r\n1,2,3,4\r\n').rows).toEqual([2, 4]);
});

test('another header is an error', () => {
  expect(() => read('a,b\r\n')).toThrow(/expected the header a,b,c/);
});

test('records across the edges of what is read at once', () => {
  const rows = Array.from({ length: 60_000 }, (_, i) => [String(i), 'x'.repeat(i % 100), `"${i}`]);
  const text = rows.map(([a, b, c]) => `${a},${b},"${c?.replace('"', '""')}"\r\n`).join('');
  expect(read(`a,b,c\r\n${text}`)).toEqual({ rows, torn: false });
});

/** What is nearly a number, a name or a line end, and what is. */
const field = fc.oneof(
  fc.nat().map(String),
  fc.constantFrom(
    '',
    'paris',
    'paris2',
    'par',
    '9007199254740991',
    '9007199254740992',
    '00000000000000001',
    '1.5',
    '-1',
  ),
  fc.constantFrom('"a,b"', '"x""y"', '"1"', 'a b', "it's", 'ä', '"\r\n"', '+', '#'),
);

test('numbers and names are those that a slow reader finds, wherever they stand', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(field, field, field), { maxLength: 30 }),
      fc.constantFrom('\n', '\r\n'),
      (rows, end) => {
        const names = new ByteNames();
        const path = join(directory, 'file.csv');
        writeFileSync(path, `a,b,c${end}${rows.map((row) => `${row.join(',')}${end}`).join('')}`);
        const got: unknown[] = [];
        const { torn } = readCsv(path, 'a,b,c\r\n', ['integer', names, 'integer'], ({ numbers, fields }) => {
          got.push([fields, numbers[0], names.texts[numbers[1] as number], numbers[2]]);
        });
        const number = (text: string): number =>
          /^\d{1,16}$/.test(text) && Number(text) <= Number.MAX_SAFE_INTEGER ? Number(text) : -1;
        const slow = rows.map((row) => {
          const [a = '', b = '', c = ''] = parseCsvLine(`${row.join(',')}${end}`);
          return [3, number(a), b, number(c)];
        });
        expect(torn).toBe(false);
        expect(got).toEqual(slow);
      },
    ),
  );
});

test('a name is found again after another, and one that it begins with is another', () => {
  const names = new ByteNames();
  const path = join(directory, 'file.csv');
  writeFileSync(path, 'a\r\nparis\r\nparis\r\nparis2\r\npar\r\n\r\nparis\r\n');
  const got: unknown[] = [];
  readCsv(path, 'a\r\n', [names], ({ numbers }) => got.push(names.texts[numbers[0] as number]));
  expect(got).toEqual(['paris', 'paris', 'paris2', 'par', '', 'paris']);
});

test('whole numbers only', () => {
  const value = (text: string): number => integerField(Buffer.from(text), 0, text.length);
  expect(['0', '42', '9007199254740991'].map(value)).toEqual([0, 42, 9_007_199_254_740_991]);
  expect(['', '-1', '1.5', '1e3', ' 1', '9007199254740992', '99999999999999999'].map(value)).toEqual(Array(7).fill(-1));
});
