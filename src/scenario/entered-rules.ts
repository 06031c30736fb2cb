import { refusedWords } from '../refused-words.ts';
import { isAmong } from '../same-name.ts';
import type { Entered, PlannedDeclaration } from './drill-file.ts';
import { refusal, textsOf } from './drill-file-rules.ts';
import type { Positions } from './positions.ts';
import type { Path, Problem } from './problem.ts';

/** What a run says of itself, as far as entries must agree with it. */
export interface EnteredFor {
  readonly run: string;
  /** ISO 8601, as `ended`; what is no instant is compared with nothing. */
  readonly began: string;
  readonly ended: string;
  readonly environment: string;
  readonly objectives: readonly string[];
  readonly declared: PlannedDeclaration | null;
  /** Who ran it; empty: it was not recorded. */
  readonly operators: readonly string[];
}

/** Two machines' clocks may differ by so much. */
const CLOCKS_APART_MS = 300_000;
const A_MINUTE_MS = 60_000;

/** What in the entries does not agree with the run that they are about, at `now`. */
export function disagreements(after: Entered, run: EnteredFor, positions: Positions, now: Date): readonly Problem[] {
  const at = (path: Path, text: string): Problem => positions.atValue(['after', ...path], text);
  return [
    ...(after.run === run.run ? [] : [at(['run'], `expected the run ${run.run}`)]),
    ...(Date.parse(after.at) < Date.parse(run.ended)
      ? [at(['at'], `expected no instant before the run's end, ${run.ended}`)]
      : []),
    ...(Date.parse(after.at) > now.getTime() + CLOCKS_APART_MS ? [at(['at'], 'expected no instant to come')] : []),
    ...(after.findings ?? []).flatMap(({ objective }, i) =>
      objective === undefined || run.objectives.includes(objective)
        ? []
        : [at(['findings', i, 'objective'], `expected an objective of the run: ${run.objectives.join(', ')}`)],
    ),
    ...persons(after, run, at),
    ...days(after, run, at),
    ...instants(after, run, at),
    ...textsOf(after, []).flatMap(([path, text]) =>
      refusedWords(text, run.environment).map(({ word, instead }) => at(path, refusal(word, instead))),
    ),
  ];
}

type At = (path: Path, text: string) => Problem;

/** Who signs off is none of those who made the run, and the test lead is who was declared. */
function persons({ signOff = {} }: Entered, { declared, operators }: EnteredFor, at: At): readonly Problem[] {
  const testers = declared?.testers ?? [];
  const { approver, testLead } = signOff;
  const among = (name: string | undefined, others: readonly string[]): boolean =>
    name !== undefined && isAmong(name, others);
  const leads = testers.filter(({ role }) => role === 'test lead').map(({ name }) => name);
  return [
    ...(testLead !== undefined && leads.length > 0 && !among(testLead, leads)
      ? [at(['signOff', 'testLead'], `expected the test lead who was declared before the run: ${leads.join(', ')}`)]
      : []),
    ...(among(
      approver,
      testers.map(({ name }) => name),
    )
      ? [at(['signOff', 'approver'], 'expected nobody who was declared as a tester before the run')]
      : []),
    ...(among(approver, operators) ? [at(['signOff', 'approver'], 'expected nobody who ran it')] : []),
  ];
}

/** Days are whole, and an entry's own day is that of its zone: what it says was done was done by then. */
function days(
  { at: entered, signOff = {}, findings = [] }: Entered,
  { ended }: EnteredFor,
  at: At,
): readonly Problem[] {
  const from = ended.slice(0, 10);
  const to = entered.slice(0, 10);
  const tooSoon = (day: string | undefined, path: Path): readonly Problem[] =>
    day !== undefined && /^\d{4}-/.test(from) && day < from
      ? [at(path, `expected no day before that of the run, ${from}`)]
      : [];
  const tooLate = (day: string | undefined, path: Path): readonly Problem[] =>
    day !== undefined && day > to
      ? [at(path, `expected no day after that of the entry (after.at), ${to}: enter what was done, not what will be`)]
      : [];
  return [
    ...(['approved', 'managementBody'] as const).flatMap((key) => [
      ...tooSoon(signOff[key], ['signOff', key]),
      ...tooLate(signOff[key], ['signOff', key]),
    ]),
    ...findings.flatMap(({ due }, i) => tooSoon(due, ['findings', i, 'due'])),
  ];
}

/** What people did about the disaster they did while it was: after the run began, which an instant to the minute may round away, and before it is entered. */
function instants({ at: entered, response = {} }: Entered, { began }: EnteredFor, at: At): readonly Problem[] {
  const from = Math.floor(Date.parse(began) / A_MINUTE_MS) * A_MINUTE_MS;
  return (['activation', 'impact', 'communication'] as const).flatMap((key) => {
    const when = response[key]?.at;
    if (when === undefined) return [];
    const path = ['response', key, 'at'];
    if (Date.parse(when) < from) return [at(path, `expected no instant before the run began, ${began}`)];
    return Date.parse(when) > Date.parse(entered)
      ? [at(path, `expected no instant after that of the entry (after.at), ${entered}`)]
      : [];
  });
}
