/** `full`: everything anew. `differential`: only what an earlier one does not have. */
export const BACKUP_MODES = ['full', 'differential'] as const;
export type BackupMode = (typeof BACKUP_MODES)[number];

/** What stands in the column `fault` of `restore-test.csv`: no fault can be called so. */
export function backupInColumn(name: string): string {
  return `backup:${name}`;
}

/** Whose backups there are. */
export const BACKED_UP = ['cassandra', 'opensearch'] as const;
