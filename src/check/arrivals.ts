import { isWrite, slotIntendedUs, splitKey } from '../history/timetable.ts';
import { SERVICE_PHASES, type ServicePhase } from '../scenario/plan.ts';
import type { ArrivalsReport } from './arrivals-schema.ts';
import { ERROR_COLUMN, type HistoryAttempt, KEY_COLUMN, type StartedTimetable, textOf } from './load-history.ts';
import { OK } from './operations.ts';
import { phaseAt } from './phases.ts';
import { REPORTED_QUANTILES, ValueCounts } from './quantiles.ts';
import type { RunRecord } from './run-record.ts';
import type { JudgedView } from './views.ts';

/**
 * When writes were seen where they are read, gathered while the history is read: where reads await what they ask for (events at the other end of a pipeline, documents that a search
 * finds), one is over when that was seen. 16 bytes a write, whatever was read.
 */
export class Arrivals {
  private readonly byTimetable: readonly (Awaited | undefined)[];

  private constructor(byTimetable: readonly (Awaited | undefined)[]) {
    this.byTimetable = byTimetable;
  }

  /** Null where no service of the plan has such reads. */
  static of({ plan, timetables }: RunRecord): Arrivals | null {
    const piped = plan.timetables.filter(({ service, params }) => service !== '' && awaits(params));
    if (piped.length === 0) return null;
    return new Arrivals(
      timetables.map(({ started: { probe, service, client } }) =>
        piped.some((one) => one.probe === probe && one.service === service && one.client === client)
          ? new Awaited(`/${probe}.${service}.${client}`)
          : undefined,
      ),
    );
  }

  noteRead(attempt: HistoryAttempt): void {
    this.byTimetable[attempt.timetable]?.add(attempt);
  }

  /** Of the record from which it was made. */
  report({ timetables }: Pick<RunRecord, 'timetables'>, views: readonly JudgedView[]): ArrivalsReport[] {
    return timetables.flatMap(({ started }, number) => {
      const awaited = this.byTimetable[number];
      const view = views.find(
        ({ service, view: { probe, client } }) =>
          service === started.service && probe === started.probe && client === started.client,
      );
      return awaited && view ? [describe(awaited, started, view)] : [];
    });
  }
}

/** Whether reads of a probe that is set so await what they ask for: those of a pipeline, and searches. */
function awaits({ subscription, reads }: RunRecord['plan']['timetables'][number]['params']): boolean {
  return typeof subscription === 'string' || reads === 'search';
}

/** Errors of reads that looked, and did not find all of it in their time. */
const IN_VAIN: ReadonlySet<string> = new Set(['absent', 'partial', 'timeout']);

/** The events of one timetable. */
class Awaited {
  private readonly ending: string;
  /** By the number of the write: when it was seen first; and until when it was awaited in vain. NaN: never. */
  private seen = new Float64Array(0);
  private vain = new Float64Array(0);
  private count = 0;

  /** How the keys of its writes end, but for their numbers: those of warm-ups and proofs end otherwise. */
  constructor(ending: string) {
    this.ending = ending;
  }

  add(attempt: HistoryAttempt): void {
    const { index, outcome, completedUs } = attempt;
    const { prefix, seq } = splitKey(textOf(attempt, KEY_COLUMN));
    // A read is of a write before it.
    if (!prefix.endsWith(this.ending) || !Number.isInteger(seq) || seq < 0 || seq >= index || !isWrite(seq)) return;
    if (Number.isNaN(completedUs)) return;
    // What could not be looked for was not awaited, and what is there twice, or wrong, has come.
    if (outcome !== OK && !IN_VAIN.has(textOf(attempt, ERROR_COLUMN))) return;
    const at = seq / 2;
    this.grow(at + 1);
    const times = outcome === OK ? this.seen : this.vain;
    const known = times[at] as number;
    const sooner = outcome === OK ? completedUs < known : completedUs > known;
    if (Number.isNaN(known) || sooner) times[at] = completedUs;
  }

  private grow(count: number): void {
    this.count = Math.max(this.count, count);
    if (count <= this.seen.length) return;
    const length = Math.max(count, 2 * this.seen.length, 1024);
    this.seen = grown(this.seen, length);
    this.vain = grown(this.vain, length);
  }

  /** In the order of the writes: `seenUs` null where it was awaited in vain until `vainUs`. */
  *list(): Iterable<{ readonly seq: number; readonly seenUs: number | null; readonly vainUs: number }> {
    for (let at = 0; at < this.count; at += 1) {
      const [seenUs, vainUs] = [this.seen[at] as number, this.vain[at] as number];
      if (!Number.isNaN(seenUs)) yield { seq: 2 * at, seenUs, vainUs };
      else if (!Number.isNaN(vainUs)) yield { seq: 2 * at, seenUs: null, vainUs };
    }
  }
}

function grown(from: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(length).fill(Number.NaN);
  to.set(from);
  return to;
}

interface Tally {
  awaited: number;
  notSeen: number;
  longestUs: number | null;
  readonly elapsed: ValueCounts;
}

function describe(
  awaited: Awaited,
  { start_us: startUs, rate }: StartedTimetable['started'],
  { service, withShed: { spans } }: JudgedView,
): ArrivalsReport {
  const slotUs = (k: number): number => slotIntendedUs(startUs, rate, k);
  const tallies = Object.fromEntries(
    SERVICE_PHASES.map((phase): [ServicePhase, Tally] => [
      phase,
      { awaited: 0, notSeen: 0, longestUs: null, elapsed: new ValueCounts() },
    ]),
  ) as Record<ServicePhase, Tally>;
  const visit = (seen: (tally: Tally, us: number) => void, vain: (tally: Tally, us: number) => void): void => {
    for (const { seq, seenUs, vainUs } of awaited.list()) {
      const sentUs = slotUs(seq);
      const tally = tallies[phaseAt(sentUs, seenUs ?? vainUs, spans)];
      if (seenUs === null) vain(tally, vainUs - sentUs);
      else seen(tally, seenUs - sentUs);
    }
  };
  visit(
    (tally, us) => {
      tally.awaited += 1;
      tally.elapsed.add(us);
    },
    (tally, us) => {
      tally.awaited += 1;
      tally.notSeen += 1;
      tally.longestUs = Math.max(tally.longestUs ?? 0, us);
    },
  );
  const asked = Object.values(tallies).filter(({ elapsed }) => elapsed.prepare(REPORTED_QUANTILES));
  if (asked.length > 0)
    visit(
      ({ elapsed }, us) => elapsed.refine(us),
      () => {},
    );
  const phases = Object.fromEntries(
    Object.entries(tallies).map(([phase, { awaited: all, notSeen, longestUs, elapsed }]) => [
      phase,
      { awaited: all, notSeen, elapsed: elapsed.quantiles(), longestAwaited_us: longestUs },
    ]),
  ) as ArrivalsReport['phases'];
  // Writes and reads alternate.
  const firstLookUs = slotUs(1) - slotUs(0);
  return { service, firstLook_us: firstLookUs, phases };
}
