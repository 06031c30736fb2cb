import type { EventData, TimetableId } from '../history/event.ts';
import { CANARY_SERVICE } from '../history/operation.ts';
import { eventsOf } from '../history/read-journal.ts';
import { rulesOf } from './findings.ts';
import type { KeyState } from './key-join.ts';
import type { LoadedHistory } from './load-history.ts';
import type { ReadPlace } from './load-read-back.ts';
import { uncensored } from './operations.ts';
import { findOutages } from './outages.ts';
import type { Report } from './report-schema.ts';
import type { RunRecord } from './run-record.ts';
import { combine } from './verdict.ts';

/**
 * An outage may be measured wrongly by one interval of the probe, by the response time of the operation that ends it (the length is defined up
 * to its completion, and a platform that answers slowly does not make the instrument wrong), and by this.
 */
const TOLERANCE_US = 5_000;

type Proof = Report['canary']['proofs'][number];

/** The keys of the canaries, as they were read back. Each key is counted once. */
export class CanaryKeys {
  private readonly injected: readonly EventData['canary-injected'][];
  private readonly tallies: readonly { readonly left: Set<string>; found: number; wrong: number }[];

  constructor(record: RunRecord) {
    this.injected = eventsOf(record.events, 'canary-injected').map(({ data }) => data);
    this.tallies = this.injected.map(({ deleted }) => ({ left: new Set(deleted), found: 0, wrong: 0 }));
  }

  add(
    id: TimetableId,
    key: string,
    acknowledged: boolean,
    places: readonly ReadPlace[],
    state: (place: number) => KeyState,
  ): void {
    const number = this.injected.findIndex(({ probe, client }) => probe === id.probe && client === id.client);
    const tally = this.tallies[number];
    if (!tally) return;
    const states = [...places.keys()]
      .filter((place) => places[place]?.stage === 'canary' && places[place]?.probe === id.probe)
      .map(state);
    const deleted = tally.left.delete(key);
    // One that was read nowhere else than where it was deleted is judged by the site that has a row of it.
    const read = states.filter((found) => found !== 'no row');
    if (deleted && acknowledged && read.length > 0 && read.every((found) => found === 'absent')) tally.found++;
    else if (deleted || (acknowledged && (read.length === 0 || read.some((found) => found !== 'present'))))
      tally.wrong++;
  }

  /** A key that the stage `canary` found, and nobody wrote. */
  addStranger(place: ReadPlace): void {
    const number = this.injected.findIndex(({ probe }) => probe === place.probe);
    const tally = this.tallies[number];
    if (tally) tally.wrong++;
  }

  loss(number: number): Proof['loss'] {
    const tally = this.tallies[number];
    const deleted = this.injected[number]?.deleted.length ?? 0;
    return { deleted, found: tally?.found ?? 0, wrong: (tally?.wrong ?? 0) + (tally?.left.size ?? 0) };
  }
}

/** Whether the instrument found exactly what was done to it: the deleted keys, and the outage of a known length. */
export function proveInstrument(
  record: RunRecord,
  history: LoadedHistory,
  recordEndUs: number,
  keys: CanaryKeys,
): Report['canary'] {
  const injected = eventsOf(record.events, 'canary-injected').map(({ data }) => data);
  const proofs = injected.map((data, number) => prove(record, history, recordEndUs, data, keys.loss(number)));
  const unproven = Object.values(record.plan.services).filter(
    ({ probe, client }) => !injected.some((proof) => proof.probe === probe && proof.client === client),
  );
  const verdicts = [...proofs.map(({ verdict }) => verdict), ...unproven.map(() => 'unknown' as const)];
  return { verdict: combine(verdicts), proofs };
}

function prove(
  record: RunRecord,
  history: LoadedHistory,
  recordEndUs: number,
  { probe, client, outage }: EventData['canary-injected'],
  loss: Proof['loss'],
): Proof {
  const truth = { lower: outage.from_us, upper: outage.to_us };
  const timetable = history.timetables.find(
    ({ id }) => id.service === CANARY_SERVICE && id.probe === probe && id.client === client,
  );
  const observed = timetable && uncensored(timetable.operations, recordEndUs);
  const outages = observed ? findOutages(observed, rulesOf(record.plan, CANARY_SERVICE), []) : [];
  const [only] = outages;
  const up = only?.up;
  const measured = only && up ? { lower: only.downUs, upper: up.us } : null;
  const errorUs = measured ? Math.abs(measured.upper - measured.lower - (truth.upper - truth.lower)) : null;
  const answerUs = up && observed ? up.us - observed.ops.intendedUs(up.position) : 0;
  const allowedUs = timetable ? Math.ceil(1_000_000 / timetable.started.rate) + answerUs + TOLERANCE_US : 0;
  const notes: string[] = [];
  if (loss.deleted === 0) notes.push('nothing was deleted');
  if (loss.found !== loss.deleted || loss.wrong > 0) {
    notes.push(
      `of ${loss.deleted} deleted keys ${loss.found} were found lost, and ${loss.wrong} keys were judged wrongly`,
    );
  }
  if (outages.length !== 1) notes.push(`${outages.length} outages were seen instead of one`);
  else if (errorUs === null) notes.push('its outage is open');
  else if (errorUs > allowedUs) notes.push(`its outage was measured ${errorUs} µs wrong, ${allowedUs} µs are allowed`);
  if (measured && (measured.lower > truth.upper || measured.upper < truth.lower))
    notes.push('the outage was at another time');
  return {
    probe,
    client,
    loss,
    outage: { truth, measured, error_us: errorUs },
    verdict: notes.length === 0 ? 'pass' : 'unknown',
    note: notes.join('; '),
  };
}
