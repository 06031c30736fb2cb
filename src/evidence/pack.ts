import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'tar';
import { EvidenceError } from '../errors.ts';
import { listFiles, pathProblem, shownPath } from './bundle-files.ts';

/** What everything in an archive is below of. */
export const TOP = 'bundle';

/**
 * Writes every file below a directory into a new tar archive (POSIX, not compressed: what compresses differs from version to version), below `bundle/`, in the order of
 * their paths, with the owner, the mode and the time of nobody: the same bytes for the same files. Their modes become 0644 where they are. An EvidenceError for what is no
 * plain file and for names that no manifest lists, so that nothing leads out of where it is unpacked.
 */
export async function packDirectory(directory: string, file: string): Promise<void> {
  const paths = listFiles(directory);
  for (const path of paths) {
    const problem = pathProblem(path);
    if (problem !== null) throw new EvidenceError(`${shownPath(path)}: is ${problem}`);
    chmodSync(join(directory, path), 0o644);
  }
  // What begins with @ would be taken for an archive of which the entries are to be added.
  const plain = paths.map((path) => `./${path}`);
  await create(
    { cwd: directory, file, prefix: TOP, portable: true, noMtime: true, strict: true, follow: false },
    plain,
  );
}
