import type { Dora, DoraFacts, Reach } from './dora-schema.ts';
import type { Report } from './report-schema.ts';

type Figures = Omit<Report, 'dora'>;
export type Judged = Pick<Dora['provisions'][number], 'reach' | 'why' | 'evidence'>;

/** One row of the map: what a provision asks for, and how a record is judged by it. */
export interface Row {
  readonly provision: string;
  readonly records: string;
  readonly fields: readonly string[];
  /** It is about what the entity runs, of which a laboratory shows a part at most. */
  readonly ofTheEntity?: true;
  readonly judge: (dora: DoraFacts, report: Figures) => Judged;
}

const NOTHING: readonly string[] = [];

/** Whether it is there, what it is, where it stands. */
export type Part = readonly [there: boolean, name: string, evidence: string];

/** `1 alarm`, `2 alarms`. */
export function counted(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? '' : 's'}`;
}

/** Partial where anything is there; `also`: what is lacking whatever is there. */
export function some(parts: readonly Part[], also: string): Judged {
  const there = parts.filter(([is]) => is);
  const missing = parts.filter(([is]) => !is).map(([, name]) => name);
  if (there.length === 0) return not(`not recorded: ${missing.join(', ')}`);
  const lacking = missing.length === 0 ? '' : `; not recorded: ${missing.join(', ')}`;
  return partly(
    `${there.map(([, name]) => name).join(', ')} recorded${lacking}; ${also}`,
    there.map(([, , evidence]) => evidence),
  );
}

export function partly(why: string, evidence: readonly string[]): Judged {
  return judgedAs('partial', why, evidence);
}

export function not(why: string): Judged {
  return judgedAs('not covered', why, NOTHING);
}

function judgedAs(reach: Reach, why: string, evidence: readonly string[]): Judged {
  return { reach, why, evidence: [...evidence] };
}
