import {
  type Attempt,
  READ_BACK_STATES,
  type ReadBackRow,
  type ReadBackState,
} from '../../../src/history/operation.ts';
import type { OracleEvent } from '../oracle/input.ts';
import { shaOf } from './canary.ts';
import type { Sketch, SketchStage } from './sketch.ts';

/** Rows and `read-back-done` events of every stage: all keys that were acknowledged or may have been, present but for the exceptions. */
export function readBackOf(
  sketch: Sketch,
  attempts: readonly Attempt[],
): { readBack: ReadBackRow[]; events: OracleEvent[] } {
  const fault = sketch.faults.find(({ disaster }) => disaster)?.id ?? '';
  const readBack: ReadBackRow[] = [];
  const events: OracleEvent[] = [];
  for (const stage of sketch.stages) {
    for (const [siteNumber, site] of stage.sites.entries()) {
      for (const probe of new Set(attempts.map((row) => row.probe))) {
        const asked = keysOf(attempts.filter((row) => row.probe === probe));
        const rows = [
          ...asked.flatMap((row, i) => rowOf(stage, fault, site, siteNumber, row, asked.length - 1 - i)),
          ...extrasOf(stage, fault, site, probe, attempts),
        ];
        readBack.push(...rows);
        const counted = READ_BACK_STATES.map((state) => [state, rows.filter((row) => row.state === state).length]);
        const counts: Record<string, number> = Object.fromEntries(counted);
        const complete = rows.length >= asked.length;
        const data = { stage: stage.stage, fault, site, probe, asked: asked.length, counts, complete };
        events.push({ at_us: stage.atUs, type: 'read-back-done', data });
      }
    }
  }
  return { readBack, events };
}

/** One row a key: of writes that were acknowledged, by completion, and of those that may have been. */
function keysOf(attempts: readonly Attempt[]): Attempt[] {
  const rows = attempts
    .filter((row) => row.f === 'write' && row.outcome !== 'fail')
    .sort((a, b) => (a.completedUs ?? Infinity) - (b.completedUs ?? Infinity));
  const first = new Map<string, Attempt>();
  for (const row of rows) if (!first.has(row.key)) first.set(row.key, row);
  return [...first.values()];
}

function rowOf(
  stage: SketchStage,
  fault: string,
  site: string,
  siteNumber: number,
  { probe, key, valueSha }: Attempt,
  fromLast: number,
): ReadBackRow[] {
  const exception = stage.exceptions.find((other) => other.key === fromLast && other.site === siteNumber);
  const state = exception?.state ?? 'present';
  if (state === 'no-row') return [];
  const common = { stage: stage.stage, fault, site, probe, key, readUs: stage.atUs };
  if (state === 'other-value') return [{ ...common, state: 'present', valueSha: shaOf(`another ${key}`) }];
  const hasValue: readonly ReadBackState[] = ['present', 'phantom'];
  return [{ ...common, state, valueSha: hasValue.includes(state) ? valueSha : '' }];
}

function extrasOf(
  stage: SketchStage,
  fault: string,
  site: string,
  probe: string,
  attempts: readonly Attempt[],
): ReadBackRow[] {
  if (stage.extras.length === 0) return [];
  const writes = attempts.filter((row) => row.probe === probe && row.f === 'write');
  const applied = new Set(writes.filter(({ outcome }) => outcome !== 'fail').map(({ key }) => key));
  const failed = writes.filter(({ key }) => !applied.has(key));
  const keys = stage.extras.map((extra, i) => (extra === 'never' ? `never-${i}` : failed[i]?.key));
  return [...new Set(keys)]
    .filter((key) => key !== undefined)
    .map((key) => ({
      ...{ stage: stage.stage, fault, site, probe, key, state: 'present' as const, valueSha: shaOf(key) },
      readUs: stage.atUs,
    }));
}
