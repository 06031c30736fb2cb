import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkRun } from '../check/check.ts';
import { withEntered } from '../check/dora.ts';
import type { Report } from '../check/report-schema.ts';
import { InputError } from '../errors.ts';
import { eventsOf, readJournal } from '../history/read-journal.ts';
import { entriesFor } from '../scenario/drill-file-load.ts';

/**
 * The report of a sealed run with what people entered after it, from a drill file. A report of before such fields were there is judged again from its
 * directory. An InputError lists what does not fit the run, with its place in the file.
 */
export async function reportWithEntries(directory: string, sealed: Report, file: string, now: Date): Promise<Report> {
  const report = sealed.dora === undefined ? await checkRun(directory) : sealed;
  const { run, objectives, dora } = report;
  if (dora === undefined) throw new InputError(`${directory}: its report has no place for entries`);
  const endedMs = Date.parse(run.started) + run.length_us / 1000;
  const about = {
    run: run.id,
    began: run.started,
    ended: Number.isNaN(endedMs) ? '' : new Date(endedMs).toISOString(),
    environment: run.environment,
    objectives: objectives.map(({ objective }) => objective.id),
    declared: dora.declared,
    operators: operatorsOf(directory),
  };
  return withEntered(report, dora, entriesFor(about, file, now));
}

/** Who ran it, as its journal says: in the first line, or where somebody had to allow it. */
function operatorsOf(directory: string): readonly string[] {
  const { events } = readJournal(join(directory, 'journal.ndjson'), readFileSync(join(directory, 'intent.json')));
  return eventsOf(events, 'run-started').flatMap(({ data: { operators = [], authorisation } }) => [
    ...operators,
    ...(authorisation?.operator.split(', then ') ?? []),
  ]);
}
