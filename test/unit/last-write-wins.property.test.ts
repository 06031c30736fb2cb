import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeRegisters, type Overwrite, type RegisterRead } from '../../src/check/last-write-wins.ts';
import { parametersFor } from './support/runs.ts';

const SITES = ['paris', 'london'];

/** Overwrites of two registers within half a second, some without an answer; and reads that found any of them. */
const runs = fc
  .array(
    fc.record({
      register: fc.nat(1),
      site: fc.constantFrom(...SITES),
      invokedUs: fc.nat(500),
      tookUs: fc.nat(60),
      outcome: fc.constantFrom('ok', 'ok', 'ok', 'info'),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((all) =>
    all.map(({ register, site, invokedUs, tookUs, outcome }, k): Overwrite => {
      const us = invokedUs + tookUs;
      return outcome === 'ok'
        ? { key: `k${k}`, register, invokedUs, overUs: us, acknowledged: { site, us } }
        : { key: `k${k}`, register, invokedUs, overUs: Number.POSITIVE_INFINITY, acknowledged: null };
    }),
  )
  .chain((writes) =>
    fc.record({
      writes: fc.constant(writes),
      reads: fc.array(
        fc
          .record({ found: fc.nat(writes.length - 1), site: fc.constantFrom(...SITES), invokedUs: fc.nat(700) })
          .map(({ found, site, invokedUs }): RegisterRead => {
            const write = writes[found] as Overwrite;
            return { register: write.register, site, invokedUs, found: write };
          }),
        { maxLength: 40 },
      ),
    }),
  );

/** The rule, word by word, for each write and each read. */
function slowly(writes: readonly Overwrite[], reads: readonly RegisterRead[]): { undone: string[]; kept: string[] } {
  const shown = (write: Overwrite): readonly RegisterRead[] =>
    reads.filter(({ register, site }) => register === write.register && site === write.acknowledged?.site);
  const lost = writes.filter((write) => {
    if (!write.acknowledged) return false;
    const { us } = write.acknowledged;
    return shown(write).some(({ invokedUs, found }) => invokedUs > us && found.overUs < write.invokedUs);
  });
  const kept = writes.filter((write) => !lost.includes(write) && shown(write).some(({ found }) => found === write));
  return { undone: lost.map(({ key }) => key).sort(), kept: kept.map(({ key }) => key).sort() };
}

test('what is undone, and what is kept, is what the rule says of each write and each read', () => {
  fc.assert(
    fc.property(runs, ({ writes, reads }) => {
      const { undone, kept, acknowledged } = judgeRegisters(writes, reads);
      const expected = slowly(writes, reads);
      expect(undone.map(({ write }) => write.key).sort()).toEqual(expected.undone);
      expect(kept).toBe(expected.kept.length);
      expect(acknowledged).toBe(writes.filter((write) => write.acknowledged !== null).length);
      for (const { write, winner } of undone) expect(winner.overUs).toBeLessThan(write.invokedUs);
    }),
    parametersFor(5),
  );
});

/** A store at two sites that keeps the write with the largest stamp: stamps of Paris are ahead. */
const stores = fc.record({
  aheadUs: fc.nat(300),
  steps: fc.array(
    fc.record({
      site: fc.constantFrom(...SITES),
      reads: fc.boolean(),
      register: fc.nat(1),
      waitUs: fc.integer({ min: 1, max: 40 }),
    }),
    { minLength: 1, maxLength: 60 },
  ),
});

test('in a store where the largest stamp wins, exactly the writes are undone that a read finds stamped before an older one', () => {
  fc.assert(
    fc.property(stores, ({ aheadUs, steps }) => {
      const holds = new Map<number, { write: Overwrite; stamp: number }>();
      const [writes, reads]: [Overwrite[], RegisterRead[]] = [[], []];
      const stamps = new Map<Overwrite, number>();
      let nowUs = 0;
      for (const [k, { site, reads: isRead, register, waitUs }] of steps.entries()) {
        nowUs += waitUs;
        const held = holds.get(register);
        if (isRead && held) reads.push({ register, site, invokedUs: nowUs, found: held.write });
        if (isRead) continue;
        const stamp = nowUs + (site === 'paris' ? aheadUs : 0);
        const write = { key: `k${k}`, register, invokedUs: nowUs, overUs: nowUs, acknowledged: { site, us: nowUs } };
        writes.push(write);
        stamps.set(write, stamp);
        if (!held || stamp > held.stamp) holds.set(register, { write, stamp });
      }
      const { undone } = judgeRegisters(writes, reads);
      for (const { write, winner } of undone) {
        expect(stamps.get(winner)).toBeGreaterThanOrEqual(stamps.get(write) ?? 0);
        expect(writes.indexOf(winner)).toBeLessThan(writes.indexOf(write));
      }
      if (aheadUs === 0) expect(undone).toEqual([]);
    }),
    parametersFor(2),
  );
});
