import type { Plan } from '../scenario/plan.ts';
import { canonicalJson, sha256Hex } from './chain.ts';

/** Where a run stands among all that its register saw begin. */
export interface Sequence {
  /** Name of the register, drawn when it was made. */
  readonly series: string;
  /** From 1, without holes. */
  readonly counter: number;
  /** The run of the counter before; null: this is the first. `manifestSha256` null: it was not sealed when this one began. */
  readonly previous: {
    readonly run: string;
    readonly intentSha256: string;
    readonly manifestSha256: string | null;
  } | null;
}

/** `intent.json`: registered before anything else happens, so that a run that was aborted stays visible. */
export interface Intent {
  readonly schema: 'drill/intent/1';
  readonly run: string;
  readonly scenario: string;
  readonly scenarioSha256: string;
  /** SHA-256 of the canonical JSON of what is judged and how: objectives and settings, and what people declared, where they did. */
  readonly criteriaSha256: string;
  readonly planSha256: string;
  readonly wall: string;
  readonly harness: string;
  /** Absent in runs of before there was a register. */
  readonly sequence?: Sequence;
}

/** The bytes of `plan.json`, and those of the `intent.json` that declares it. */
export function declare(
  plan: Plan,
  of: Pick<Intent, 'run' | 'wall' | 'harness' | 'sequence'>,
): { plan: string; intent: string } {
  const planBytes = `${JSON.stringify(plan, null, 2)}\n`;
  const intent: Intent = {
    schema: 'drill/intent/1',
    run: of.run,
    scenario: plan.scenario.name,
    scenarioSha256: plan.scenario.sha256,
    criteriaSha256: criteriaSha256(plan),
    planSha256: sha256Hex(planBytes),
    wall: of.wall,
    harness: of.harness,
    ...(of.sequence && { sequence: of.sequence }),
  };
  return { plan: planBytes, intent: `${JSON.stringify(intent, null, 2)}\n` };
}

/** Null when the plan is the one that was declared, as far as the declaration says; else what differs. */
export function deviation(intentBytes: Uint8Array, plan: Plan, planBytes: Uint8Array): string | null {
  const said = JSON.parse(Buffer.from(intentBytes).toString('utf8')) as Partial<Intent>;
  const differs = (declared: unknown, found: string): boolean => typeof declared === 'string' && declared !== found;
  if (differs(said.criteriaSha256, criteriaSha256(plan))) return 'objectives, settings or what people declared';
  return differs(said.planSha256, sha256Hex(planBytes)) ? 'bytes' : null;
}

/** Of a plan, as `intent.json` declares it. */
export function criteriaSha256({
  objectives,
  settings,
  declared,
}: Pick<Plan, 'objectives' | 'settings' | 'declared'>): string {
  return sha256Hex(canonicalJson({ objectives, settings, ...(declared && { declared }) }));
}
