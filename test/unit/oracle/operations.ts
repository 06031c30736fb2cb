import { type Attempt, CANARY_SERVICE } from '../../../src/history/operation.ts';
import { eventsOfType, type Op, type OracleInput } from './input.ts';

/** A timetable as the journal tells it. */
export interface OracleTimetable {
  readonly probe: string;
  readonly service: string;
  readonly site: string;
  readonly client: string;
  readonly start: number;
  readonly rate: number;
  readonly timeout: number;
  readonly writes: readonly string[];
  /** Last `k`; null when the journal does not say. */
  readonly last: number | null;
}

export function timetablesOf(input: OracleInput): OracleTimetable[] {
  return eventsOfType(input.events, 'timetable-started')
    .filter(({ data }) => data.service !== CANARY_SERVICE)
    .map(({ data }) => {
      const ended = eventsOfType(input.events, 'timetable-ended').find(
        (event) =>
          event.data.probe === data.probe &&
          event.data.service === data.service &&
          event.data.client === data.client &&
          (data.service !== '' || event.data.site === data.site),
      );
      const { probe, service, site, client, writes } = data;
      const last = ended ? ended.data.last : null;
      return {
        probe,
        service,
        site,
        client,
        start: data.start_us,
        rate: data.rate,
        timeout: data.timeout_us,
        writes,
        last,
      };
    });
}

/** The end of what is known: `run-ended`, else "the last completion". */
function recordEnd(input: OracleInput): number {
  const ended = eventsOfType(input.events, 'run-ended')[0];
  if (ended) return ended.at_us;
  return Math.max(0, ...input.attempts.map((attempt) => attempt.completedUs ?? 0));
}

/**
 * "Its operation `k` is intended at `start_us + ⌊k·10⁶/rate⌋`"; "a missing `k` in between is a *gap*, and not `ok`". Slots whose timeout has not
 * passed at the end of the record are left out ("the last slot whose timeout has passed. Later slots are censored", "slots intended within one
 * timeout of the last completion are censored too").
 */
export function operationsOf(input: OracleInput, table: OracleTimetable): Op[] {
  const end = recordEnd(input);
  return slotsOf(input, table).filter((op) => op.intended + table.timeout <= end);
}

/** All slots up to the end of the timetable or of the record, whether or not their timeout has passed. */
export function slotsOf(input: OracleInput, table: OracleTimetable): Op[] {
  const end = recordEnd(input);
  const ops: Op[] = [];
  for (let k = 0; ; k += 1) {
    const intended = slotOf(table, k);
    if (table.last !== null ? k > table.last : intended > end) break;
    // "a service's rows are matched by probe, service and client"
    const rows = input.attempts.filter(
      (row) =>
        row.index === k &&
        row.probe === table.probe &&
        row.service === table.service &&
        row.client === table.client &&
        (table.service !== '' || row.site === table.site),
    );
    ops.push(rows.length === 0 ? gap(table, k, intended) : merged(table, rows));
  }
  // "Operations are ordered by intended time, ties by `index`"
  return ops.sort((a, b) => a.intended - b.intended || a.index - b.index);
}

function slotOf({ start, rate }: OracleTimetable, k: number): number {
  return start + Math.floor((k * 1_000_000) / rate);
}

function gap(table: OracleTimetable, index: number, intended: number): Op {
  const { probe, service, client } = table;
  const nextSlot = slotOf(table, index + 1);
  const nothing = { site: '', key: '', invoked: null, completed: null, error: '', valueSha: '', isWrite: false };
  return {
    index,
    probe,
    service,
    client,
    intended,
    nextSlot,
    outcome: 'fail',
    isShed: false,
    isGap: true,
    attempts: 0,
    ...nothing,
  };
}

function merged(table: OracleTimetable, rows: readonly Attempt[]): Op {
  const byCompletion = [...rows].sort(
    (a, b) => (a.completedUs ?? Infinity) - (b.completedUs ?? Infinity) || a.attempt - b.attempt,
  );
  const oks = byCompletion.filter((row) => row.outcome === 'ok');
  const infos = byCompletion.filter((row) => row.outcome === 'info');
  const fails = byCompletion.filter((row) => row.outcome === 'fail');
  // "completed, site and invoked are those of the first `ok` attempt by completion, else of the last `info`, else of the last `fail`"
  const chosen = (oks[0] ?? infos.at(-1) ?? fails.at(-1)) as Attempt;
  // "intended is the first attempt's"
  const first = [...rows].sort((a, b) => a.attempt - b.attempt)[0] as Attempt;
  return {
    index: first.index,
    probe: table.probe,
    service: table.service,
    client: table.client,
    site: chosen.site,
    key: first.key,
    intended: first.intendedUs,
    nextSlot: slotOf(table, first.index + 1),
    invoked: chosen.invokedUs,
    completed: chosen.completedUs,
    // "The operation is `ok` if any attempt is, else `info` if any is, else `fail`"
    outcome: chosen.outcome,
    error: chosen.error,
    valueSha: chosen.valueSha,
    isWrite: table.writes.includes(first.f),
    // "`fail` with error `shed` (with retries: only if every attempt was)"
    isShed: rows.every((row) => row.outcome === 'fail' && row.error === 'shed'),
    isGap: false,
    attempts: rows.length,
  };
}

/** "Every verdict is computed with and without shed operations and gaps" */
export function withoutShedAndGaps(ops: readonly Op[]): Op[] {
  return ops.filter((op) => !op.isShed && !op.isGap);
}
