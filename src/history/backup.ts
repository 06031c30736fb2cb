/** `full`: everything anew. `differential`: only what an earlier one does not have. */
export const BACKUP_MODES = ['full', 'differential'] as const;
export type BackupMode = (typeof BACKUP_MODES)[number];
