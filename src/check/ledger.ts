import type { EventData } from '../history/event.ts';
import { CANARY_SERVICE, type ReadBackStage, STAGES_APART } from '../history/operation.ts';
import { eventsOf } from '../history/read-journal.ts';
import type { CanaryKeys } from './canary.ts';
import type { KeyJoin, WrittenKey } from './key-join.ts';
import type { LoadedHistory } from './load-history.ts';
import type { ReadPlace } from './load-read-back.ts';
import { OK } from './operations.ts';
import type { Rpo } from './report-schema.ts';
import { type LedgerWrite, type MissingBefore, type RpoContext, RpoTally, type StagePlaces } from './rpo.ts';
import type { RunRecord } from './run-record.ts';

/** RPO of all together (first, service null) and of each service of the plan. */
export interface Ledger {
  readonly rpo: readonly Rpo[];
  /** Writes of outcome `fail` that are there: the harness misjudged them. */
  readonly misjudged: number;
  /** When the last stage was read at every site, completely; null: it was not. */
  readonly backlogClearedUs: number | null;
  readonly missingFrom: MissingBefore;
}

/** Who is told of what: each write of the ledger; each key that is not the canary's. */
export interface LedgerListener {
  write(write: LedgerWrite): void;
  /** `site`: where it was acknowledged. */
  key(id: LoadedHistory['timetables'][number]['id'], key: WrittenKey, site: string): void;
}

/** Goes through every written key once. */
export function judgeLedger(
  record: RunRecord,
  history: LoadedHistory,
  join: KeyJoin,
  places: readonly ReadPlace[],
  canary: CanaryKeys,
  on: LedgerListener,
): Ledger {
  const stages = new StageMap(record, places);
  const contexts = history.timetables.map(({ id }) => contextOf(record, stages, id));
  const all = new RpoTally(null);
  const services = new Map(Object.keys(record.plan.services).map((name) => [name, new RpoTally(name)]));
  join.run(
    places,
    (timetable) => history.timetables[timetable]?.id.probe ?? '',
    (key) => {
      const id = history.timetables[key.timetable]?.id;
      const context = contexts[key.timetable];
      if (!id || !context) return;
      if (id.service === CANARY_SERVICE) {
        canary.add(id, key.key(), key.outcome === OK, places, (place) => key.state(place));
        return;
      }
      const where = { probe: id.probe, service: id.service, site: history.sites[key.site] ?? '' };
      const write = all.add(key, where, context);
      services.get(id.service)?.add(key, where, context);
      if (write) on.write(write);
      on.key(id, key, where.site);
    },
    (number) => {
      const place = places[number];
      if (place?.stage === 'canary') canary.addStranger(place);
      else if (place && !STAGES_APART.has(place.stage)) all.addStranger();
    },
  );
  const effective = record.disaster?.effective ?? null;
  const tallies = [all, ...services.values()];
  const note = effective ? '' : 'there is no disaster that was shown to be effective, so nothing to count from';
  const done = stages.done();
  return {
    rpo: tallies.map((tally) => tally.result(effective, done, note)),
    missingFrom: new Map(tallies.map((tally) => [tally.service, tally.missingFrom()])),
    misjudged: all.misjudged,
    backlogClearedUs: stages.backlogClearedUs(),
  };
}

/** Which stages were done for the disaster, where, and which places a key must be found at. */
class StageMap {
  private readonly record: RunRecord;
  private readonly places: readonly ReadPlace[];
  private readonly finished: readonly { at_us: number; data: EventData['read-back-done'] }[];
  private readonly disaster: string;

  constructor(record: RunRecord, places: readonly ReadPlace[]) {
    this.record = record;
    this.places = places;
    this.disaster = record.disaster?.id ?? '';
    this.finished = eventsOf(record.events, 'read-back-done').filter(({ data }) => data.fault === this.disaster);
  }

  done(): Record<'atFailover' | 'afterRecovery' | 'afterRepair' | 'final' | 'afterFailback' | 'any', boolean> {
    return {
      atFailover: this.was('at-failover'),
      afterRecovery: this.was('after-recovery'),
      afterRepair: this.was('after-repair'),
      final: this.was(this.finalStage()),
      afterFailback: this.was('after-failback'),
      any: this.places.some(({ stage }) => stage !== 'canary' && !STAGES_APART.has(stage)),
    };
  }

  /** After repair; where the plan has none, nothing comes back any more after recovery. */
  finalStage(): ReadBackStage {
    return this.record.plan.recovery.repair ? 'after-repair' : 'after-recovery';
  }

  was(stage: ReadBackStage): boolean {
    if (!this.record.disaster) return false;
    return (
      this.places.some((place) => place.stage === stage && place.fault === this.disaster) ||
      this.events(stage).length > 0
    );
  }

  /** The places of a stage for one probe's keys at these sites, -1 where there is no row; null when the stage was not done. */
  at(stage: ReadBackStage, probe: string, sites: readonly string[]): StagePlaces | null {
    if (!this.was(stage)) return null;
    return sites.map((site) =>
      this.places.findIndex(
        (place) =>
          place.stage === stage && place.fault === this.disaster && place.site === site && place.probe === probe,
      ),
    );
  }

  /** Where the survivors were read: the sites that the stage names for this probe, or for any where it names none. */
  survivors(probe: string): readonly string[] {
    const named = [
      ...this.places.filter(({ stage, fault }) => stage === 'at-failover' && fault === this.disaster),
      ...this.events('at-failover').map(({ data }) => data),
    ];
    const own = named.filter((place) => place.probe === probe);
    return [...new Set((own.length > 0 ? own : named).map(({ site }) => site))];
  }

  allSites(): readonly string[] {
    return this.record.plan.platform.sites.map(({ name }) => name);
  }

  anywhere(probe: string): StagePlaces {
    return [...this.places.keys()].filter((number) => {
      const place = this.places[number];
      if (!place || place.stage === 'canary' || STAGES_APART.has(place.stage)) return false;
      return place.probe === probe && place.fault === this.disaster;
    });
  }

  backlogClearedUs(): number | null {
    const last = this.events(this.finalStage());
    const probes = new Set(
      this.record.plan.timetables.filter(({ writes }) => writes.length > 0).map(({ probe }) => probe),
    );
    const everywhere = [...probes].every((probe) =>
      this.allSites().every((site) =>
        last.some(({ data }) => data.complete && data.site === site && data.probe === probe),
      ),
    );
    return everywhere && last.length > 0 ? Math.max(...last.map(({ at_us }) => at_us)) : null;
  }

  private events(stage: ReadBackStage): readonly { at_us: number; data: EventData['read-back-done'] }[] {
    return this.finished.filter(({ data }) => data.stage === stage);
  }
}

function contextOf(
  record: RunRecord,
  stages: StageMap,
  id: { readonly probe: string; readonly service: string },
): RpoContext {
  const { disaster, plan, failovers } = record;
  const sites = stages.allSites();
  const service = Object.hasOwn(plan.services, id.service) ? plan.services[id.service] : undefined;
  const firstSite = service?.sites[0];
  const afterRecovery = stages.at('after-recovery', id.probe, sites);
  const afterRepair = stages.at('after-repair', id.probe, sites);
  return {
    effective: disaster?.effective ?? null,
    goneUs: disaster?.goneUs ?? Number.POSITIVE_INFINITY,
    abandoned: new Set(failovers.filter((event) => event.service !== CANARY_SERVICE).map(({ from }) => from)),
    failback: failbackOf(record, id.service, firstSite),
    atFailover: stages.at('at-failover', id.probe, stages.survivors(id.probe)),
    afterRecovery,
    afterRepair,
    final: stages.finalStage() === 'after-repair' ? afterRepair : afterRecovery,
    afterFailback: firstSite === undefined ? null : stages.at('after-failback', id.probe, [firstSite]),
    anywhere: stages.anywhere(id.probe),
  };
}

/** When the service was away from its first site since the disaster, as far as it came back; null: it never did. */
function failbackOf(record: RunRecord, service: string, firstSite: string | undefined): RpoContext['failback'] {
  const sinceUs = record.disaster?.requestedUs ?? Number.POSITIVE_INFINITY;
  const mine = (event: { service: string; decided_us: number }): boolean =>
    event.service === service && event.decided_us >= sinceUs;
  const overs = record.failovers.filter(mine).map(({ decided_us }) => decided_us);
  const backs = record.failbacks.filter(mine).map(({ decided_us }) => decided_us);
  const away: { fromUs: number; toUs: number }[] = [];
  for (const fromUs of overs.toSorted((a, b) => a - b)) {
    const toUs = backs.toSorted((a, b) => a - b).find((us) => us >= fromUs);
    // A second move away before the way back is of the same absence.
    if (toUs !== undefined && away.at(-1)?.toUs !== toUs) away.push({ fromUs, toUs });
  }
  return away.length === 0 || firstSite === undefined ? null : { firstSite, away };
}
