import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ManagedComponent } from './components.ts';
import { loadLocalConfig } from './config.ts';
import { Damage } from './damage.ts';
import { Register, type UndoGuard } from './register.ts';

const TABLE = { keyspace: 'drill', table: 'ledger' };

let directory: string;
let files: readonly string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-damage-'));
  const data = join(directory, 'data', 'drill', 'ledger-0a1b');
  mkdirSync(join(data, 'snapshots'), { recursive: true });
  files = ['nb-1-big-Data.db', 'nb-2-big-Data.db'].map((name) => join(data, name));
  for (const [n, file] of files.entries()) writeFileSync(file, Buffer.alloc(1_000, n + 1));
  writeFileSync(join(data, 'nb-1-big-Index.db'), Buffer.alloc(1_000));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const node = (): ManagedComponent => ({ site: 'paris', directory }) as ManagedComponent;
const ALLOWED: UndoGuard = { require: () => {}, under: async (_, work) => work() };
const made = (guard = ALLOWED, refusal: string | null = 'refused'): Damage =>
  new Damage(loadLocalConfig(), directory, guard, async () => refusal);
const corrupt = (damage: Damage, places: number): Promise<void> => damage.corrupt('x', node(), { ...TABLE, places });
const bytes = (): Buffer => Buffer.concat(files.map((file) => readFileSync(file)));

test('so many bytes of the data files are turned round, and all are back after the undo', async () => {
  const before = bytes();
  const damage = made();
  expect(await damage.observe('x')).toBeNull();
  await corrupt(damage, 50);
  const spoilt = bytes();
  expect(before.filter((byte, at) => spoilt[at] !== byte)).toHaveLength(50);
  expect(await damage.observe('x')).toMatchObject({ damaged: 50, of: 50 });
  expect(damage.inForce()).toEqual(['x']);
  await damage.undo('x');
  expect(bytes().equals(before)).toBe(true);
  expect(await damage.observe('x')).toMatchObject({ damaged: 0, of: 50 });
  expect(damage.inForce()).toEqual([]);
  await damage.undo('x');
  damage.forgetSettled();
  expect(await damage.observe('x')).toBeNull();
});

test('another process that comes after the one that died puts it back', async () => {
  const before = bytes();
  await corrupt(made(), 10);
  const after = made();
  expect(after.inForce()).toEqual(['x']);
  await after.undo('x');
  expect(bytes().equals(before)).toBe(true);
});

test('a file that is gone took its damage with it; another of its name is left alone', async () => {
  const damage = made();
  await corrupt(damage, 2_000);
  const [gone = '', other = ''] = files;
  const was = readFileSync(other);
  // A file made at once may get the number of one that went: this one keeps it.
  renameSync(gone, `${gone}.keeps-the-number`);
  writeFileSync(gone, Buffer.alloc(1_000, 7));
  await damage.undo('x');
  expect(readFileSync(gone).equals(Buffer.alloc(1_000, 7))).toBe(true);
  expect(readFileSync(other).equals(was)).toBe(false);
  expect(readFileSync(other).equals(Buffer.alloc(1_000, 2))).toBe(true);
});

test('what lapses while it is done is put back, and not begun where nothing would undo it', async () => {
  const before = bytes();
  let asked = 0;
  const register = new Register(
    join(directory, 'faults.json'),
    () => damage.undo('x'),
    () => 0,
  );
  const damage: Damage = made(register);
  await expect(corrupt(damage, 10)).rejects.toThrow('no fault in the register');
  // Before it waits, before it is done, and after that.
  register.covers = () => asked++ < 2;
  await expect(corrupt(damage, 10)).rejects.toThrow('undone while it was done');
  expect(asked).toBe(3);
  expect(bytes().equals(before)).toBe(true);
  expect(damage.inForce()).toEqual([]);
});

test('a second damage of the same name, and a table of which nothing was written, are refused', async () => {
  const damage = made();
  await corrupt(damage, 10);
  await expect(corrupt(damage, 10)).rejects.toThrow('there was such a damage already');
  const missing = damage.corrupt('y', node(), { keyspace: 'drill', table: 'nothing', places: 1 });
  await expect(missing).rejects.toThrow('there is no data file of drill.nothing');
});

test('what no read has met has not been shown to do anything', async () => {
  const unmet = made(ALLOWED, null);
  await corrupt(unmet, 5);
  expect(await unmet.observe('x')).toMatchObject({ damaged: 5, of: 5, unmet: true });
  await unmet.undo('x');
  expect(await unmet.observe('x')).toMatchObject({ damaged: 0 });
  const met: Damage = new Damage(loadLocalConfig(), directory, ALLOWED, async () => {
    expect(await met.observe('x')).toMatchObject({ damaged: 5, unmet: true });
    return 'refused';
  });
  await corrupt(met, 5);
  expect(await met.observe('x')).toMatchObject({ unmet: false, what: expect.stringContaining('there: refused') });
});
