import type { z } from 'zod';
import type { Json } from '../history/event.ts';
import type { AbilityName, Component, Platform } from '../platform/platform.ts';
import type { Undo } from '../platform/undo.ts';
import type { PlannedFault } from '../scenario/plan.ts';

/**
 * What was seen of a fault, with the proof as data. `none`: nothing of it; `full`: all of it; `partial`: something between, so that its
 * instant is bounded by the last `none` and the first `full`.
 */
export interface Observation {
  readonly state: 'none' | 'partial' | 'full';
  readonly observed: Json;
}

/** A fault of a plan, bound to a platform. Everything that it does to the platform goes through here. */
export interface BoundFault {
  /** Recorded on disk before `inject`; executed in order. */
  readonly undo: readonly Undo[];
  /** Makes the effect. Its return says nothing about whether there is one. */
  inject(signal: AbortSignal): Promise<void>;
  /**
   * Looks how much of it is in force, by something else than `inject`'s return and than the probes. `none` is "over as far as the platform
   * can see": that a write and a read are served there again is for the runner to find out.
   */
  observe(signal: AbortSignal): Promise<Observation>;
}

/** A kind of fault: one file, one line in the registry. */
export interface FaultType {
  readonly type: string;
  readonly summary: string;
  /** Parameters beside `type`, `site`, `disaster`: strict, with defaults and descriptions. */
  readonly params: z.ZodObject;
  readonly needs: readonly AbilityName[];
  /** And with these parameters, which are right; absent: nothing. */
  alsoNeeds?(params: Readonly<Record<string, unknown>>): readonly AbilityName[];
  /** Its end waits for processes that start again, and takes longer for it. */
  readonly restarts: boolean;
  /** The one component whose clients it strikes, with parameters that are right; undefined, or absent: those of all that stands on what it strikes. */
  only?(params: PlannedFault['params']): Component | undefined;
  /** What it strikes where no parameter says so, and with it what stands on that; absent: everything of its site. */
  readonly on?: Component;
  /** Nothing serves at what it strikes before its end. Absent: it may. */
  readonly onlyItsEndHelps?: boolean;
  /** What may die of it in its site, by itself: that is its effect, and nothing else's. Absent: nothing. */
  readonly deadly?: readonly Component[];
  /** It damages what the graph has stored, so that the graph is looked over while it holds. Absent: it does not. */
  readonly damages?: boolean;
  /** What this fault cannot show, said in every report. `unless`: but of a platform that has this setting. */
  readonly notMeasured: readonly { readonly what: string; readonly why: string; readonly unless?: string }[];
  /** Errors are InputErrors that name the fault's id: a site that is not there, a target that resolves to nothing. */
  bind(fault: PlannedFault, platform: Platform): BoundFault;
}
