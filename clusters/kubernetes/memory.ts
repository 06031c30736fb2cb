import { existsSync, readFileSync } from 'node:fs';

/** Memory of a process and all that came of it: each page counted once, shared by how many share it. */
export function residentMegabytes(pid: number): number {
  return Math.round(kilobytesUnder(pid) / 1024);
}

function kilobytesUnder(pid: number): number {
  const children = `/proc/${pid}/task/${pid}/children`;
  try {
    const shares = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const own = Number(/^Pss:\s+(\d+)/m.exec(shares)?.[1] ?? 0);
    const of = existsSync(children) ? readFileSync(children, 'utf8').trim().split(' ').filter(Boolean).map(Number) : [];
    return of.reduce((sum, child) => sum + kilobytesUnder(child), own);
  } catch {
    // It ended in the meantime.
    return 0;
  }
}
