import { formatDuration } from '../duration.ts';
import { BACKED_UP } from '../history/backup.ts';
import { didYouMean } from './nearest.ts';
import { isPick } from './picks.ts';
import type { Positions } from './positions.ts';
import type { Path, Problem } from './problem.ts';
import type { Registries, Scenario } from './schema.ts';

/** Faults that are to be ended by a backup that there is not, or not yet; backups that would be taken while something else happens. */
export function backupProblems(
  { backups, timeline }: Scenario,
  { faults }: Pick<Registries, 'faults'>,
  positions: Positions,
): readonly Problem[] {
  const problems: Problem[] = [];
  const at = (path: Path, text: string): void => void problems.push(positions.atValue(path, text));
  const names = Object.keys(backups);
  for (const [i, { at: begins, fault }] of timeline.entries()) {
    const { backup, also } = fault.params;
    const on: string | undefined = faults.get(fault.type)?.on;
    if (typeof backup === 'string') {
      const path: Path = ['timeline', i, 'fault', 'backup'];
      const taken = Object.hasOwn(backups, backup) ? backups[backup] : undefined;
      const there =
        names.length === 0 ? 'there is none: backups: { hourly: { at: 5s } }' : `there is ${names.join(', ')}`;
      if (!taken)
        at(
          path,
          `expected a backup of this scenario (${there}), got ${JSON.stringify(backup)}${didYouMean(backup, names)}`,
        );
      else if (BACKED_UP.some((of) => of === on && of !== taken.of))
        at(
          path,
          `expected a backup of ${on}, got ${backup}, which is one of ${taken.of}: backups: { ${backup}: { of: ${on} } }`,
        );
      else if (taken.at >= begins)
        at(
          path,
          `expected a backup that is taken before this fault, at ${formatDuration(begins)}; ${backup} is taken at ${formatDuration(taken.at)}`,
        );
    }
    if (!Array.isArray(also)) continue;
    if (also.length > 0 && isPick(fault.site))
      at(['timeline', i, 'fault', 'site'], 'expected a fixed site where also names others');
    also.forEach((site, j) => {
      if (also.indexOf(site) !== j)
        at(['timeline', i, 'fault', 'also', j], `expected each site once, got ${site} again`);
    });
  }
  for (const [name, { of, mode, restoreTest }] of Object.entries(backups)) {
    if (of === 'cassandra') continue;
    if (mode !== 'full')
      at(['backups', name, 'mode'], `expected full of ${of}: each of its snapshots has a repository of its own`);
    if (restoreTest !== undefined)
      at(
        ['backups', name, 'restoreTest'],
        `expected none of ${of}: what is taken of it is restored beside its indexes at once`,
      );
  }
  const tested = Object.keys(backups).filter((name) => backups[name]?.restoreTest !== undefined);
  for (const name of tested.slice(1))
    at(['backups', name, 'restoreTest'], `expected one restore test, got a second beside that of ${tested[0]}`);
  const [first] = timeline;
  for (const [name, { at: taken }] of Object.entries(backups)) {
    if (first && taken >= first.at)
      at(
        ['backups', name, 'at'],
        `expected a time before the first fault, at ${formatDuration(first.at)}: none is taken while one is in force`,
      );
  }
  return problems;
}
