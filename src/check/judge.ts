import { formatDuration } from '../duration.ts';
import { FAILBACK_CONDITION, RESTARTED_TO_HEAL } from '../history/event.ts';
import { eventsOf } from '../history/read-journal.ts';
import type { Backups } from './backups-schema.ts';
import { meets } from './exact.ts';
import { sitesOf } from './faults.ts';
import { laterLoss } from './later-loss.ts';
import type { Later } from './later-schema.ts';
import { limitWords } from './load.ts';
import type { Load } from './load-schema.ts';
import { type Evidence, judgeObjective } from './objectives.ts';
import type { Instant, ObjectiveResult, Report, Rpo, Verdict } from './report-schema.ts';
import { type RunRecord, stallsOf } from './run-record.ts';
import { voidedBy } from './throughput.ts';
import { combine, overlaps } from './verdict.ts';
import type { JudgedView } from './views.ts';

export interface Judged {
  readonly verdict: Verdict;
  readonly reasons: Report['reasons'];
  readonly objectives: ObjectiveResult[];
  /** What the verdict would be without shed operations and gaps. */
  readonly withoutShed: Verdict;
}

type Reason = Report['reasons'][number];

/** The verdict, and everything that made it (measurement.md, "Verdict"). */
export function judgeAll(
  record: RunRecord,
  of: {
    readonly views: readonly JudgedView[];
    readonly rpo: readonly Rpo[];
    readonly later: Later | null;
    readonly canary: Report['canary'];
    readonly load: Load | null;
    readonly backups: Backups | null;
    readonly defects: readonly string[];
    readonly outcome: Report['run']['outcome'];
  },
): Judged {
  const { plan } = record;
  const judged = plan.objectives.map((objective) =>
    judgeObjective(objective, evidenceFor(record, objective.service, of)),
  );
  const objectives = judged.map(({ result }) => withLater(record, withLimit(result, of.load), of));
  const others = otherReasons(record, of);
  const reasons: Reason[] = [
    ...others,
    ...objectives
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ verdict, statement, reason }) => ({ verdict, subject: statement, text: reason })),
  ];
  if (objectives.length === 0)
    reasons.push({ verdict: 'unknown', subject: 'objectives', text: 'nothing was to be judged' });
  const worstFirst = [...reasons].sort((a, b) => (a.verdict === b.verdict ? 0 : a.verdict === 'fail' ? -1 : 1));
  const rest = others.map(({ verdict }) => verdict);
  return {
    verdict: combine([...objectives.map(({ verdict }) => verdict), ...rest]),
    reasons: worstFirst,
    objectives,
    withoutShed: combine([...judged.map(({ withoutShed }) => withoutShed), ...rest]),
  };
}

/** A miss of the load's services says what the machine was busy with: a database may have been slow because there was no processor left for it. */
function withLimit(result: ObjectiveResult, load: Load | null): ObjectiveResult {
  const { objective, verdict, reason } = result;
  if (!load || verdict !== 'fail' || objective.metric !== 'latency' || !load.services.includes(objective.service))
    return result;
  const words = limitWords(load.phases.find(({ phase }) => phase === objective.phase)?.usage ?? null);
  return words === '' ? result : { ...result, reason: `${reason}; ${words}` };
}

/** What the verdict is for reasons that are no objective's. */
function otherReasons(record: RunRecord, of: Parameters<typeof judgeAll>[1]): Reason[] {
  const { views, canary, defects, outcome } = of;
  const leftovers = record.faults
    .filter(({ leftover }) => leftover)
    .map(({ report }) =>
      reason(
        'fail',
        report.id,
        `${report.type} of ${sitesOf(report)} was not seen to be gone: drill recover removes it`,
      ),
    );
  const unproven = record.faults.flatMap(({ report, unproven }) =>
    unproven === null ? [] : [reason('unknown', report.id, unproven)],
  );
  const instrument = canary.verdict === 'pass' ? [] : [reason('unknown', 'canary', whyNotProven(canary))];
  const invalid = defects.map((defect) => reason('unknown', 'record', defect));
  const suspended = whySuspended(record);
  const told = eventsOf(record.events, 'platform-event').map(({ data }) => data);
  const died = told.flatMap(({ kind, what }) =>
    kind === 'component-died' ? [reason('unknown', 'platform', `something failed that no fault took: ${what}`)] : [],
  );
  const restarted = told.flatMap(({ kind, what }) =>
    kind === RESTARTED_TO_HEAL
      ? [reason('fail', 'recovery', `it did not come back by itself: the harness restarted ${what}`)]
      : [],
  );
  const givenUp = eventsOf(record.events, 'stop-condition').flatMap(({ data: { condition, observed } }) =>
    condition === FAILBACK_CONDITION ? [reason('unknown', 'failback', observed)] : [],
  );
  return [
    ...leftovers,
    ...restarted,
    ...instrument,
    ...invalid,
    ...(suspended === null ? [] : [reason('unknown', 'machine', suspended)]),
    ...unproven,
    ...died,
    ...(of.backups ? backupReasons(of.backups) : []),
    ...laterReasons(record, of),
    ...givenUp,
    ...views.flatMap((view) => unsteadyReasons(view)),
    ...views.flatMap((view) => breachReasons(record, view, evidenceFor(record, view.service, of))),
    // A run that did not go through says nothing about what it did not get to: that makes the platform look worse, and is said here.
    ...(outcome === 'completed'
      ? []
      : [
          reason('unknown', 'run', `the run did not go through: it ${outcome === 'failed' ? 'failed' : 'was aborted'}`),
        ]),
  ];
}

/** A backup without which something that it must have is lost. */
function backupReasons({ tested, notTaken, notTested }: Backups): Reason[] {
  return [
    ...tested.flatMap(({ backup, ledger, missing: { lower, upper } }): Reason[] => {
      const what = `of ${ledger} writes that were acknowledged before it began`;
      if (lower > 0)
        return [reason('fail', `backup ${backup}`, `${lower} ${what} are not in what was restored from it`)];
      if (upper > 0)
        return [
          reason('unknown', `backup ${backup}`, `${upper} ${what} could not be read in what was restored from it`),
        ];
      return ledger > 0 ? [] : [reason('unknown', `backup ${backup}`, 'nothing was acknowledged before it began')];
    }),
    ...notTaken.map((name) => reason('unknown', `backup ${name}`, 'it was not taken, or not whole')),
    ...notTested.map((name) => reason('unknown', `backup ${name}`, 'it was not restored beside the platform')),
  ];
}

/** What was lost since the disaster is held against each objective of RPO, whose own figure does not count it. */
function laterReasons(record: RunRecord, of: Parameters<typeof judgeAll>[1]): Reason[] {
  return record.plan.objectives.flatMap((objective) => {
    const judged = heldAgainst(record, objective, of);
    return judged === null ? [] : [reason(judged.verdict, objective.service ?? 'all services', judged.text)];
  });
}

/** Where the figure is read, what it does not count is said. */
function withLater(record: RunRecord, result: ObjectiveResult, of: Parameters<typeof judgeAll>[1]): ObjectiveResult {
  const judged = heldAgainst(record, result.objective, of);
  if (judged === null) return result;
  const own = result.reason === '' ? '' : `${result.reason}; `;
  return { ...result, reason: `${own}not counted here: ${judged.text}` };
}

function heldAgainst(
  record: RunRecord,
  objective: ObjectiveResult['objective'],
  of: Parameters<typeof judgeAll>[1],
): ReturnType<typeof laterLoss> {
  if (objective.metric !== 'rpo' || !of.later) return null;
  const { void: why, unproven } = evidenceFor(record, objective.service, of);
  return why === null && unproven === null ? laterLoss(objective, of.later) : null;
}

/** A service without a steady state proves nothing. */
function unsteadyReasons({ service, withShed: { steadyState } }: JudgedView): Reason[] {
  if (service === '' || steadyState.verdict === 'pass') return [];
  return [reason('unknown', service, `no steady state: ${steadyState.note}`)];
}

/** An outage after the recovery is a breach of its own, held against the objective of the recovery, with the same doubts. */
function breachReasons(
  { plan }: RunRecord,
  { service, withShed, withoutShed }: JudgedView,
  evidence: Evidence,
): Reason[] {
  if (service === '') return [];
  return plan.objectives.flatMap((objective) => {
    if (objective.metric !== 'rto' || objective.service !== service) return [];
    const misses = ({ soFarUs }: Breach): boolean => !meets(soFarUs, objective.op, objective.target_us);
    return withShed.rto.breaches.flatMap((breach) => {
      const { us, soFarUs } = breach;
      const text = `a further outage of ${formatDuration(soFarUs)}${us === null ? ' or longer' : ''} began after the SLO was restored`;
      if (!misses(breach)) return us === null ? [reason('unknown', service, text)] : [];
      const doubt = doubtOf(breach, evidence, withoutShed.rto.breaches.some(misses));
      return [doubt === null ? reason('fail', service, text) : reason('unknown', service, `${text}: ${doubt}`)];
    });
  });
}

type Breach = JudgedView['withShed']['rto']['breaches'][number];

/** Why a breach cannot be held against the platform; null: it can. */
function doubtOf(
  { downUs, soFarUs }: Breach,
  { void: why, unproven, stalls }: Evidence,
  stays: boolean,
): string | null {
  if (why !== null) return why;
  if (unproven !== null) return unproven;
  const decidedBy = [downUs, downUs + soFarUs].map((us) => ({ notBefore_us: us, notAfter_us: us }));
  if (decidedBy.some((instant) => stalls.some((stall) => overlaps(stall, instant)))) {
    return 'the harness itself stalled at an instant that decides it';
  }
  return stays ? null : 'it is there only with the operations that the harness could not send';
}

function evidenceFor(
  record: RunRecord,
  service: string | null,
  { views, rpo, canary, load }: Pick<Parameters<typeof judgeAll>[1], 'views' | 'rpo' | 'canary' | 'load'>,
): Evidence {
  const own = service === null ? undefined : views.find((view) => view.service === service && service !== '');
  const clients =
    service === null ? Object.values(record.plan.services).map(({ client }) => client) : [own?.view.client ?? ''];
  const unproven = record.faults.find((fault) => fault.unproven !== null)?.unproven ?? null;
  const counted = rpo.find((entry) => entry.service === service) ?? null;
  return {
    withShed: own?.withShed ?? null,
    withoutShed: own?.withoutShed ?? null,
    rpo: counted,
    floor: record.plan.settings.floor,
    rpoDecidedBy: rpoInstants(record, counted),
    stalls: clients.flatMap((client) => stallsOf(record, client)),
    void:
      canary.verdict === 'pass'
        ? (whySuspended(record) ??
          (load && service !== null && load.services.includes(service) ? voidedBy(load) : null))
        : `the instrument did not prove itself: ${whyNotProven(canary)}`,
    unproven,
    load: load && {
      load,
      views: views.filter((view) => load.services.includes(view.service)),
      stalled: record.stalls.some(({ generator }) => generator !== undefined),
    },
  };
}

/** The instant that closes the ledger, and the acknowledgement of the earliest lost write. */
function rpoInstants({ disaster }: RunRecord, rpo: Rpo | null): Instant[] {
  const earliest = rpo?.lostKeys[0]?.acknowledged_us;
  return [
    ...(disaster?.effective ? [disaster.effective] : []),
    ...(earliest === undefined ? [] : [{ notBefore_us: earliest, notAfter_us: earliest }]),
  ];
}

function whyNotProven({ proofs }: Report['canary']): string {
  const notes = proofs.filter(({ verdict }) => verdict !== 'pass').map(({ probe, note }) => `${probe}: ${note}`);
  return notes.join('; ') || 'the run made no canary for one of its probes';
}

function whySuspended({ suspendedUs, stalls }: RunRecord): string | null {
  const suspended = suspendedUs > 0 || stalls.some(({ cause }) => cause === 'suspend');
  return suspended ? 'the machine was suspended while the run went on' : null;
}

function reason(verdict: Verdict, subject: string, text: string): Reason {
  return { verdict, subject, text };
}
