import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProcessTarget } from '../../platform.ts';
import type { Undo } from '../../undo.ts';
import type { ManagedComponent } from '../components.ts';
import { Inventory } from '../inventory.ts';
import { Register } from '../register.ts';
import { DataEffects } from './data-effects.ts';

const LOST = { sites: ['paris', 'london'], backup: 'hourly' };
const TABLE = 'data/janusgraph/edgestore-1';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-lost-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Two sites with a node that holds `before`; a backup puts `restored` there, or fails with `broken` at this site. */
function platform({
  whole = true,
  broken = '',
  noStart = '',
  damaged = true,
  failStart = (_: readonly string[]): boolean => false,
} = {}) {
  const log: string[] = [];
  const stopFails = { now: false };
  const nodes = ['paris', 'london'].flatMap((site) =>
    (['cassandra', 'janusgraph'] as const).map((component) => {
      const home = join(directory, `${site}-${component}`);
      if (component === 'cassandra') write(home, 'before');
      const stop = async (): Promise<void> => {
        if (stopFails.now) throw new Error(`${site} ${component} does not end`);
        log.push(`stop ${site} ${component}`);
      };
      return { site, component, node: 0, directory: home, stop } as unknown as ManagedComponent;
    }),
  );
  const inventory = new Inventory(nodes);
  const register: Register = new Register(
    join(directory, 'faults.json'),
    async ({ params }: Undo) => void ('id' in params && (await effects.undo(params.id))),
    () => 0,
  );
  const counted = { files: 2, bytes: 20 };
  const made = (): DataEffects =>
    new DataEffects({
      inventory,
      guard: register,
      directory: join(directory, 'lost'),
      backups: {
        verify: async ({ site }) => {
          if (!whole) throw new Error(`the backup hourly of ${site} lacks a file`);
          return counted;
        },
        restore: async (node) => {
          const { site, directory: home } = node;
          log.push(`restore ${site} into ${readdirSync(home).filter((name) => name === 'data').length} data`);
          write(home, 'half');
          if (site === broken) throw new Error(`medusa restore-node of ${site}: no space left`);
          write(home, 'restored');
          return { ...counted, tookUs: 5 };
        },
      },
      onRestored: (id) => void log.push(`restored ${id}`),
      isDamaged: () => damaged,
      start: async ({ site, components }: ProcessTarget) => {
        log.push(`start ${site} ${components.join(' ')}`);
        if (failStart(components)) throw new Error(`${site} janusgraph/0: not ready in time`);
        if (site === noStart && readHome(site) === 'restored')
          throw new Error(`${site} cassandra/0: not ready in time`);
      },
    });
  const effects: DataEffects = made();
  const undo: Undo = { kind: 'restore', params: { id: 'x', ...LOST } };
  const record = (): void => register.record('fault', 'run', [undo], 10_000);
  return { log, register, effects, made, record, stopFails };
}

function write(home: string, content: string): void {
  mkdirSync(join(home, TABLE), { recursive: true });
  mkdirSync(join(home, 'commitlog'), { recursive: true });
  writeFileSync(join(home, TABLE, 'nb-1-big-Data.db'), content);
  writeFileSync(join(home, 'commitlog', 'segment'), content);
}

function readHome(site: string): string | null {
  const file = join(directory, `${site}-cassandra`, TABLE, 'nb-1-big-Data.db');
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

const homes = (): readonly (string | null)[] => ['paris', 'london'].map(readHome);
const aside = (): readonly string[] =>
  readdirSync(join(directory, 'paris-cassandra')).filter((name) => name.startsWith('lost-'));

test('everything that the sites have is gone, and comes back from the backup', async () => {
  const { log, effects, register, record } = platform();
  record();
  await effects.lose('x', LOST);
  expect(homes()).toEqual([null, null]);
  expect(existsSync(join(directory, 'paris-cassandra/commitlog'))).toBe(false);
  expect(effects.observe('x')).toMatchObject({ inForce: true, empty: 2, of: 2, restored: null });
  expect(effects.inForce()).toEqual(['x']);
  await register.undo('fault');
  expect(homes()).toEqual(['restored', 'restored']);
  expect(effects.observe('x')).toMatchObject({
    inForce: false,
    empty: 0,
    restored: [{ copiedUs: 5 }, { site: 'london' }],
  });
  expect(aside()).toEqual([]);
  // The graph after its store: what it remembers of ids the store may have forgotten.
  expect(log.slice(-2)).toEqual(['start paris cassandra janusgraph', 'start london cassandra janusgraph']);
  effects.forgetSettled();
  expect(effects.observe('x')).toBeNull();
});

test('nothing is taken away where the backup is not whole, or where nobody would bring it back', async () => {
  const bad = platform({ whole: false });
  bad.record();
  await expect(bad.effects.lose('x', LOST)).rejects.toThrow('lacks a file');
  expect([homes(), bad.log]).toEqual([['before', 'before'], []]);
  const good = platform();
  await expect(good.effects.lose('x', LOST)).rejects.toThrow('no fault in the register would undo this');
  expect(homes()).toEqual(['before', 'before']);
});

test.each([
  ['cannot be copied', { broken: 'london' }, 'no space left; what was there before was put back'],
  ['does not start', { noStart: 'london' }, 'not ready in time; what was there before was put back'],
])('a backup that %s: what was there is put back at every site, and the restore has failed', async (_, how, why) => {
  const { effects, register, record } = platform(how);
  record();
  await effects.lose('x', LOST);
  const [result] = await register.undo('fault');
  expect(result).toMatchObject({ ok: false, error: expect.stringContaining(why) });
  expect([homes(), aside(), effects.inForce()]).toEqual([['before', 'before'], [], []]);
  expect(effects.observe('x')).toMatchObject({ inForce: false, restored: null });
  // Who tries again finds nothing left to do.
  expect((await register.undo('fault')).every(({ ok }) => ok)).toBe(true);
});

test('what is armed is done to by others: everything is as it was until it is restored, with whatever they did', async () => {
  const { log, effects, register, record } = platform();
  await expect(effects.arm('x', LOST)).rejects.toThrow('no fault in the register would undo this');
  record();
  await effects.arm('x', LOST);
  expect([homes(), log, effects.inForce()]).toEqual([['before', 'before'], [], ['x']]);
  await expect(effects.arm('y', LOST)).rejects.toThrow();
  await register.undo('fault');
  expect([homes(), aside(), effects.inForce()]).toEqual([['restored', 'restored'], [], []]);
  expect(log).toContain('restored x');
});

test('what is armed and cannot be restored stays as it is, for others to mend', async () => {
  const { log, effects, register, record } = platform({ broken: 'london' });
  record();
  await effects.arm('x', LOST);
  const [result] = await register.undo('fault');
  expect(result?.ok).toBe(false);
  expect([homes(), aside()]).toEqual([['before', 'before'], []]);
  expect(log).not.toContain('restored x');
});

/** True for the first `n` starts of a graph. */
const firstGraphs = (n: number) => {
  let left = n;
  return (components: readonly string[]): boolean => components.includes('janusgraph') && left-- > 0;
};

test('a restore whose graph was not ready in time is not done again: what was acknowledged since it was served stays', async () => {
  const { log, effects, register, record } = platform({ failStart: firstGraphs(1) });
  record();
  await effects.lose('x', LOST);
  expect((await register.undo('fault'))[0]?.ok).toBe(false);
  expect(homes()).toEqual(['restored', 'restored']);
  write(join(directory, 'paris-cassandra'), 'acknowledged since');
  expect((await register.undo('fault')).map(({ ok }) => ok)).toEqual([true]);
  expect(homes()).toEqual(['acknowledged since', 'restored']);
  expect(log.filter((entry) => entry.startsWith('restore paris'))).toHaveLength(1);
  expect(effects.observe('x')).toMatchObject({ inForce: false, restored: [{}, {}] });
});

test('what was put back stays, however often it is tried to start it', async () => {
  const { effects, register, record } = platform({ broken: 'london', failStart: firstGraphs(6) });
  record();
  await effects.lose('x', LOST);
  for (const _ of [1, 2, 3]) {
    expect((await register.undo('fault'))[0]?.ok).toBe(false);
    expect(homes()).toEqual(['before', 'before']);
  }
  expect((await register.undo('fault')).map(({ ok }) => ok)).toEqual([true]);
  expect([homes(), aside(), effects.inForce()]).toEqual([['before', 'before'], [], []]);
  expect(effects.observe('x')).toMatchObject({ restored: null, failure: expect.stringContaining('no space left') });
});

test('what was armed and never damaged, or taken away in part, is put back and not restored', async () => {
  const armed = platform({ damaged: false });
  armed.record();
  await armed.effects.arm('x', LOST);
  expect((await armed.register.undo('fault')).map(({ ok }) => ok)).toEqual([true]);
  expect([homes(), armed.log.filter((entry) => entry.startsWith('restore'))]).toEqual([['before', 'before'], []]);
  const half = platform();
  half.record();
  half.stopFails.now = true;
  await expect(half.effects.lose('x', LOST)).rejects.toThrow();
  half.stopFails.now = false;
  expect(half.effects.isLost('paris')).toBe(true);
  expect((await half.register.undo('fault')).map(({ ok }) => ok)).toEqual([true]);
  expect([homes(), half.effects.isLost('paris')]).toEqual([['before', 'before'], false]);
});

test('a supervisor that comes after one that died half way restores all the same', async () => {
  const { made, effects, record } = platform();
  record();
  await effects.lose('x', LOST);
  write(join(directory, 'paris-cassandra'), 'half');
  const after = made();
  expect(after.inForce()).toEqual(['x']);
  await after.undo('x');
  expect(homes()).toEqual(['restored', 'restored']);
});
