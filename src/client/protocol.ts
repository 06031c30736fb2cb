import type { EventData } from '../history/event.ts';
import type { Plan, PlannedSite, Timetable } from '../scenario/plan.ts';

/**
 * What the runner and a client process say to each other, as JSON lines over pipes that no fault touches: commands on the client's standard
 * input, rows of `history.csv` (whole lines, no header) on its standard output, events on file descriptor 3, its log on standard error.
 * When its standard input ends, the client stops at once and exits: it never outlives its harness.
 */

/** The stub at the client's boundary: between the scheduler and the probe's driver. */
export type Gate =
  | { readonly mode: 'pass' }
  /** Refuses at once: `fail`, error `refused`; nothing is sent. */
  | { readonly mode: 'refuse' }
  /** Sends, and hands over the answer so long after the invocation, or when it comes, if that is later. */
  | { readonly mode: 'delay'; readonly delay_us: number }
  /** Sends, and never hands over the answer: a write is `info`, a read `fail`, error `timeout`. */
  | { readonly mode: 'drop-answers' };

export interface ClientConfig {
  /** `outside`, or the site in which this client is. */
  readonly client: string;
  readonly run: string;
  /** `process.hrtime.bigint()` at the run's origin, decimal. */
  readonly originNs: string;
  readonly sites: readonly PlannedSite[];
  /** Those of this client; commands and events name them by their position here. */
  readonly timetables: readonly Timetable[];
  readonly services: Plan['services'];
  readonly failover: Plan['failover'];
  readonly retry: Plan['retry'];
  /** Where the timetables of the service `canary` go. */
  readonly canarySite: string;
  /** Operations in flight, each timetable; one more is `shed`. */
  readonly inFlight: number;
}

export type ClientCommand =
  /** First, once. Answered by `ready` when every driver is connected and warmed up, or `failed`. */
  | { readonly type: 'configure'; readonly config: ClientConfig }
  /** Start these timetables; `startUs` is in the near future, so that operation 0 is on time. */
  | { readonly type: 'start'; readonly starts: readonly { readonly timetable: number; readonly startUs: number }[] }
  /** No further operation; answered by `timetable-ended` when none is in flight any more. */
  | { readonly type: 'stop'; readonly timetables: readonly number[] }
  /** From `fromUs` to before `toUs`, by the instant at which an operation is invoked, on this timetable. */
  | {
      readonly type: 'gate';
      readonly timetable: number;
      readonly gate: Gate;
      readonly fromUs: number;
      readonly toUs: number;
    }
  /** Move the service's traffic to `to`, its circuit closed. Answered by the event `failback`. */
  | { readonly type: 'failback'; readonly service: string; readonly to: string }
  /** What the run is at; for who says it in metrics of its own. */
  | { readonly type: 'phase'; readonly phase: string }
  /** Say how it went, close the drivers, exit. */
  | { readonly type: 'end' };

export type ClientEvent =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'timetable-ended'; readonly timetable: number; readonly last: number }
  | { readonly type: 'failover'; readonly data: EventData['failover'] }
  | { readonly type: 'failback'; readonly data: EventData['failback'] }
  | { readonly type: 'stall'; readonly data: EventData['stall'] }
  | { readonly type: 'client'; readonly data: EventData['client'] }
  /** Of a generator of load: processor time that it has used so far. */
  | { readonly type: 'usage'; readonly data: { readonly at_us: number; readonly cpu_us: number } }
  | { readonly type: 'generator'; readonly data: EventData['generator'] };
