import { createHash } from 'node:crypto';
import { type Dirent, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { reportSchema } from '../check/report-schema.ts';
import { messageOf } from '../errors.ts';
import { type RunRecord, recordOf } from './run-record.ts';
import { type MadeWith, madeWithSchema } from './setting.ts';

/** Where the records of exercises are, beside those of runs: no scenario can be called so. */
export const EXERCISES = '_exercises';

const MAX_BYTES = 64_000_000;
const MAX_WHY = 200;

/** What is there and is no run that could be read, and why. */
export interface Unread {
  /** Below the directory of the reports. */
  readonly path: string;
  readonly why: string;
}

export interface FoundRuns {
  readonly runs: readonly RunRecord[];
  readonly unread: readonly Unread[];
}

/** Every run below `<reports>/<folder>/<run>/`, and everything there that is none. Reads only; never throws for what a run directory holds. */
export function readRuns(reports: string): FoundRuns {
  const runs: RunRecord[] = [];
  const unread: Unread[] = [];
  const seen = new Map<string, string>();
  for (const folder of entriesOf(reports, '', unread)) {
    if (folder.name === EXERCISES || folder.isFile()) continue;
    if (!folder.isDirectory()) unread.push({ path: folder.name, why: NO_DIRECTORY });
    else {
      for (const entry of entriesOf(reports, folder.name, unread)) {
        const path = `${folder.name}/${entry.name}`;
        // Distributions of repeated runs stand beside the directories of the runs.
        if (entry.isFile()) continue;
        const found = entry.isDirectory() ? readRun(reports, path) : NO_DIRECTORY;
        if (typeof found === 'string') unread.push({ path, why: found });
        else if (seen.has(found.id)) unread.push({ path, why: `the same run as ${seen.get(found.id)}: counted once` });
        else {
          seen.set(found.id, path);
          runs.push(found);
        }
      }
    }
  }
  return { runs, unread };
}

const NO_DIRECTORY = 'it is a link or a special file, which is not followed';

function entriesOf(reports: string, folder: string, unread: Unread[]): readonly Dirent[] {
  try {
    const entries = readdirSync(join(reports, folder), { withFileTypes: true });
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    unread.push({ path: folder, why: messageOf(error) });
    return [];
  }
}

/** The run's record, or why there is none. */
function readRun(reports: string, path: string): RunRecord | string {
  const directory = join(reports, path);
  if (!existsSync(join(directory, 'report.json'))) {
    if (!existsSync(join(directory, 'intent.json')))
      return 'no run directory: it has neither intent.json nor report.json';
    return 'no report: the run is under way, or was killed; `check` judges what it left';
  }
  try {
    const bytes = read(join(directory, 'report.json'));
    const report = reportSchema.parse(JSON.parse(bytes.toString('utf8')));
    return recordOf(report, planOf(directory), { path, seal: sealOf(directory, bytes) });
  } catch (error) {
    return `report.json is none of this version: ${reasonOf(error)}`;
  }
}

function read(file: string): Buffer {
  const { size } = lstatSync(file);
  if (!lstatSync(file).isFile()) throw new Error('it is no plain file');
  if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, more than ${MAX_BYTES}`);
  return readFileSync(file);
}

function planOf(directory: string): MadeWith | null {
  try {
    return madeWithSchema.parse(JSON.parse(read(join(directory, 'plan.json')).toString('utf8')));
  } catch {
    return null;
  }
}

const sealed = z.object({ files: z.array(z.object({ path: z.string(), sha256: z.string() })) });

function sealOf(directory: string, report: Uint8Array): RunRecord['seal'] {
  try {
    const { files } = sealed.parse(JSON.parse(read(join(directory, 'manifest.json')).toString('utf8')));
    const listed = files.find(({ path }) => path === 'report.json');
    const sha256 = createHash('sha256').update(report).digest('hex');
    return listed?.sha256 === sha256 ? 'sealed' : 'changed after it was sealed';
  } catch {
    return 'not sealed';
  }
}

/** The first thing that is wrong, short enough for a table. */
function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [first] = error.issues;
    return `${first?.path.map(String).join('.') ?? ''}: ${first?.message ?? ''}`.slice(0, MAX_WHY);
  }
  return messageOf(error).slice(0, MAX_WHY);
}
