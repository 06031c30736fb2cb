import type { ReadBackRow, ReadBackStage } from '../../../src/history/operation.ts';
import { faultsOf, type OracleFault } from './faults.ts';
import { eventsOfType, type Op, type OracleInput } from './input.ts';

export interface Range {
  readonly lower: number;
  readonly upper: number | null;
}

export interface OracleRpo {
  readonly ledger: number;
  readonly lost: Range | null;
  readonly rpo: Range | null;
  readonly recoveryPoint: number | null;
  readonly afterRecovery: Range | null;
  readonly afterRepair: Range | null;
  readonly stranded: { readonly total: number; readonly found: number | null; readonly missing: Range | null };
  readonly lostInAll: Range | null;
  readonly lostInAllUs: Range | null;
  readonly indeterminate: number;
  readonly lostKeys: readonly string[];
}

type KeyState = 'found' | 'lost' | 'unreadable';

/** `writes` are the merged write operations of what is judged together. */
export function rpoOf(input: OracleInput, fault: OracleFault | undefined, writes: readonly Op[]): OracleRpo | null {
  if (!fault?.effective) return null;
  const { notAfter } = fault.effective;
  // "by the completion of its first `ok` attempt"
  const acknowledged = writes
    .filter((op) => op.outcome === 'ok')
    .sort((a, b) => (a.completed as number) - (b.completed as number));
  const at = (op: Op): number => op.completed as number;
  // "The ledger is every write acknowledged before the disaster's `notAfter`"
  const ledger = acknowledged.filter((op) => at(op) < notAfter);
  // "acknowledged from `notAfter` of `effective` to `notAfter` of `gone`, by a site that a `failover` event names as `from`"
  const left = new Set(eventsOfType(input.events, 'failover').map(({ data }) => data.from));
  const gone = fault.gone?.notAfter ?? Infinity;
  const stranded = acknowledged.filter((op) => at(op) >= notAfter && at(op) < gone && left.has(op.site));

  const sites = input.plan.platform.sites.map(({ name }) => name);
  const survivors = stageSites(input, fault, 'at-failover');
  const failover = isDone(input, fault, 'at-failover')
    ? sortOut(ledger, (op) => stateOf(input, fault, 'at-failover', survivors, op))
    : null;
  const recovery = stageRange(input, fault, 'after-recovery', sites, ledger);
  // "lost after repair"; where the plan has no repair nothing comes back any more after recovery
  const last: ReadBackStage = input.plan.recovery.repair ? 'after-repair' : 'after-recovery';
  const inAll = isDone(input, fault, last)
    ? sortOut([...ledger, ...stranded], (op) => stateOf(input, fault, last, sites, op))
    : null;
  const latest: ReadBackStage = isDone(input, fault, 'after-repair') ? 'after-repair' : 'after-recovery';
  const strandedNow = isDone(input, fault, latest)
    ? sortOut(stranded, (op) => stateOf(input, fault, latest, sites, op))
    : null;
  // "from the acknowledgement of the earliest lost write to `notAfter` of `effective`; 0 when none is lost"
  const seconds = (lost: readonly Op[]): number => (lost[0] ? notAfter - at(lost[0]) : 0);
  // "RPO seconds then run from the earliest to the later of `effective` and the latest of them"
  const allSeconds = (lost: readonly Op[]): number => (lost[0] ? Math.max(notAfter, ...lost.map(at)) - at(lost[0]) : 0);
  const inOrder = (ops: readonly Op[]): Op[] => [...ops].sort((a, b) => at(a) - at(b));
  return {
    ledger: ledger.length,
    lost: failover && range(failover),
    rpo: failover && {
      lower: seconds(failover.lost),
      upper: seconds(inOrder([...failover.lost, ...failover.unreadable])),
    },
    // "The recovery point is the latest instant up to which nothing is missing": what is unreadable may be missing
    recoveryPoint: failover && Math.min(notAfter, ...[...failover.lost, ...failover.unreadable].map(at)),
    afterRecovery: recovery,
    afterRepair: stageRange(input, fault, 'after-repair', sites, ledger),
    stranded: {
      total: stranded.length,
      found: strandedNow?.found.length ?? null,
      missing: strandedNow && range(strandedNow),
    },
    lostInAll: inAll && range(inAll),
    lostInAllUs: inAll && {
      lower: allSeconds(inOrder(inAll.lost)),
      upper: allSeconds(inOrder([...inAll.lost, ...inAll.unreadable])),
    },
    // "`info` writes: found and not found; never counted as lost"
    indeterminate: writes.filter((op) => op.outcome === 'info').length,
    // In the order of acknowledgement, ties by key.
    lostKeys: [...(failover?.lost ?? [])].sort((a, b) => at(a) - at(b) || (a.key < b.key ? -1 : 1)).map((op) => op.key),
  };
}

interface Sorted {
  readonly found: Op[];
  readonly lost: Op[];
  readonly unreadable: Op[];
}

function sortOut(ops: readonly Op[], state: (op: Op) => KeyState): Sorted {
  const states = ops.map(state);
  const of = (wanted: KeyState): Op[] => ops.filter((_, i) => states[i] === wanted);
  return { found: of('found'), lost: of('lost'), unreadable: of('unreadable') };
}

/** "With unreadable keys it is a range: lost, to lost + unreadable" */
function range({ lost, unreadable }: Sorted): Range {
  return { lower: lost.length, upper: lost.length + unreadable.length };
}

function stageRange(
  input: OracleInput,
  fault: OracleFault,
  stage: ReadBackStage,
  sites: readonly string[],
  ops: readonly Op[],
): Range | null {
  return isDone(input, fault, stage) ? range(sortOut(ops, (op) => stateOf(input, fault, stage, sites, op))) : null;
}

function stageRows(input: OracleInput, fault: OracleFault, stage: ReadBackStage): ReadBackRow[] {
  return input.readBack.filter((row) => row.stage === stage && row.fault === fault.id);
}

function stageSites(input: OracleInput, fault: OracleFault, stage: ReadBackStage): string[] {
  const events = eventsOfType(input.events, 'read-back-done').filter(
    ({ data }) => data.stage === stage && data.fault === fault.id,
  );
  const names = [...stageRows(input, fault, stage).map((row) => row.site), ...events.map(({ data }) => data.site)];
  return [...new Set(names)];
}

function isDone(input: OracleInput, fault: OracleFault, stage: ReadBackStage): boolean {
  return stageSites(input, fault, stage).length > 0;
}

/** "missing at any site counts"; "a key without a row is unreadable". */
function stateOf(
  input: OracleInput,
  fault: OracleFault,
  stage: ReadBackStage,
  sites: readonly string[],
  op: Op,
): KeyState {
  const states = sites.map((site) => {
    const row = input.readBack.find(
      (other) =>
        other.key === op.key &&
        other.stage === stage &&
        other.fault === fault.id &&
        other.site === site &&
        other.probe === op.probe,
    );
    return row ? stateOfRow(row, op) : 'unreadable';
  });
  if (states.includes('lost')) return 'lost';
  return states.includes('unreadable') || states.length === 0 ? 'unreadable' : 'found';
}

function stateOfRow(row: ReadBackRow, op: Op): KeyState {
  if (row.state === 'unreadable') return 'unreadable';
  // "in the ledger, and absent, partial or corrupt"
  if (row.state === 'absent' || row.state === 'partial' || row.state === 'corrupt') return 'lost';
  // "with another value (then it is lost as well)"
  return row.valueSha === op.valueSha ? 'found' : 'lost';
}

/**
 * "present and never written, or with another value (then it is lost as well), or more than once, or written with outcome `fail`": keys, each
 * counted once. `ops` are all of the run.
 */
export function phantomsOf(input: OracleInput, ops: readonly Op[]): Set<string> {
  const disaster = faultsOf(input).find((fault) => fault.disaster);
  const rows = input.readBack.filter((row) => row.stage !== 'canary' && row.fault === disaster?.id);
  const isPhantom = (row: ReadBackRow): boolean => {
    if (row.state === 'phantom') return true;
    if (row.state !== 'present') return false;
    const op = ops.find((other) => other.isWrite && other.probe === row.probe && other.key === row.key);
    return !op || op.outcome === 'fail' || op.valueSha !== row.valueSha;
  };
  return new Set(rows.filter(isPhantom).map((row) => JSON.stringify([row.probe, row.key])));
}
