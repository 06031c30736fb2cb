import { existsSync } from 'node:fs';
import type { Plan } from '../scenario/plan.ts';
import { judgeRegisters, type Overwrite, type Undone } from './last-write-wins.ts';
import { loadOverwrites, registersOf } from './load-overwrites.ts';
import type { LastWriteWinsReport } from './report-schema.ts';

const LISTED = 1000;

/** What became of the acknowledged overwrites of each probe that has registers; undefined where none has. */
export function overwritesOf(plan: Plan, historyPath: string): LastWriteWinsReport[] | undefined {
  const probes = registersOf(plan);
  if (probes.size === 0 || !existsSync(historyPath)) return undefined;
  return [...probes].map(([probe, registers]) => {
    const { writes, reads } = loadOverwrites(historyPath, probe, registers);
    const { acknowledged, kept, undone, wrongInTheEnd } = judgeRegisters(writes, reads);
    return {
      probe,
      registers,
      acknowledged,
      kept,
      undone: undone.length,
      unproven: acknowledged - kept - undone.length,
      sites: plan.platform.sites.map(({ name: site }) => ({
        site,
        acknowledged: writes.filter((write) => write.acknowledged?.site === site).length,
        undone: undone.filter(({ write }) => write.acknowledged?.site === site).length,
      })),
      undoneFrom_us: undone[0]?.write.acknowledged?.us ?? null,
      undoneTo_us: undone.at(-1)?.write.acknowledged?.us ?? null,
      wrongInTheEnd,
      list: undone.slice(0, LISTED).map(describe),
      omitted: Math.max(0, undone.length - LISTED),
    };
  });
}

function describe({ write, winner, readUs }: Undone): LastWriteWinsReport['list'][number] {
  return { ...place(write), register: write.register, read_us: readUs, winner: place(winner) };
}

function place({ key, acknowledged }: Overwrite): LastWriteWinsReport['list'][number]['winner'] {
  return { key, site: acknowledged?.site ?? '', acknowledged_us: acknowledged?.us ?? 0 };
}
