import { z } from 'zod';

const text = z.string();
const us = z.int();
const instantSchema = z.looseObject({ fault: text, disaster: z.boolean(), notBefore_us: us, notAfter_us: us });
const requestedSchema = instantSchema.extend({ type: text, target: text });
const startedSchema = z.looseObject({ run: text, scenario: text, harness: text });
const allowedSchema = z.looseObject({
  operator: text,
  ticket: text,
  approver: text,
  window: z.looseObject({ from: text, to: text }),
});
const endedSchema = z.looseObject({ outcome: z.enum(['completed', 'aborted', 'failed']), reason: text });
const stoppedSchema = z.looseObject({ condition: text, observed: text });
const answeredSchema = z.looseObject({ asked: z.int().min(1) });
const lookedSchema = z.looseObject({ rows: z.int().min(1) });

interface Instant {
  readonly notBefore_us: number;
  readonly notAfter_us: number;
}

/** A fault as a plan has it. */
interface Planned {
  readonly id: string;
  readonly type: string;
  readonly target: string;
  readonly disaster: boolean;
}

/** The same as the journal has it, in the words of a report. */
interface FaultFacts extends Planned {
  readonly requested: Instant | null;
  readonly effective: Instant | null;
  readonly lapsed: readonly Instant[];
  readonly releaseRequested: Instant | null;
  readonly gone: Instant | null;
}

/** Those of which a report has the instants. */
const INSTANTS: ReadonlySet<string> = new Set([
  'fault-requested',
  'fault-effective',
  'fault-lapsed',
  'fault-release-requested',
  'fault-gone',
]);

type Line = Readonly<Record<string, unknown>>;

/*
 * What a journal says of a run by its plain words, which a report has to say as well. Written apart from what judges (src/check): nothing here is worked out. Events
 * whose data is not what their type has are passed over, as they are there.
 */

/** Collects, event by event in their order. */
export class JournalFacts {
  /** Of the first event, which must be `run-started`; null: it is not. */
  started: z.infer<typeof startedSchema> | null = null;
  /** Wall clock of the origin, ISO 8601. */
  origin = '';
  /** By the last `run-ended`; null: there is none. */
  ended: z.infer<typeof endedSchema> | null = null;
  readonly stopped: { readonly at_us: number; readonly condition: string; readonly observed: string }[] = [];
  /** Files that have rows, by its word. */
  readonly filled = new Set<string>();
  private readonly byFault = new Map<string, { readonly type: string; readonly at: Instant }[]>();
  /** Each fault once, as it was first requested. */
  private readonly asked = new Map<string, Omit<Planned, 'id'>>();

  add({ seq, at_us, wall, type, data }: Line): void {
    if (seq === 0 && type === 'run-started') {
      this.started = startedSchema.safeParse(data).data ?? null;
      this.origin = originOf(String(wall), Number(at_us));
    } else if (type === 'run-ended') this.ended = endedSchema.safeParse(data).data ?? this.ended;
    else if (type === 'stop-condition') {
      const said = stoppedSchema.safeParse(data).data;
      if (said) this.stopped.push({ at_us: Number(at_us), condition: said.condition, observed: said.observed });
    } else if (type === 'read-back-done' && answeredSchema.safeParse(data).success) this.filled.add('read-back.csv');
    else if (type === 'graph-census' && lookedSchema.safeParse(data).success) this.filled.add('graph.csv');
    else if (type === 'later-read' && answeredSchema.safeParse(data).success) this.filled.add('later.csv');
    else if (type === 'restore-tested') this.filled.add('restore-test.csv');
    else if (type === 'timetable-started') this.filled.add('history.csv');
    else if (typeof type === 'string' && INSTANTS.has(type)) this.addInstant(type, data);
  }

  /** Who allowed it, in the words of a report; null: nobody had to. */
  authorisation(): Line | null {
    const said = allowedSchema.safeParse(this.started?.authorisation).data;
    if (!said) return null;
    const { operator, ticket, approver, window } = said;
    return { operator, ticket, approver, from: window.from, to: window.to };
  }

  /** Every planned fault, in the plan's order, then those that only the journal knows. */
  faults(planned: readonly Planned[]): readonly FaultFacts[] {
    const known = new Set(planned.map(({ id }) => id));
    const others = [...this.asked].flatMap(([id, of]) => (known.has(id) ? [] : [{ id, ...of }]));
    return [...planned, ...others].map(({ id, type, target, disaster }) => {
      const own = this.byFault.get(id) ?? [];
      const of = (kind: string): Instant[] => own.filter((one) => one.type === kind).map(({ at }) => at);
      return {
        id,
        type,
        target,
        disaster,
        requested: of('fault-requested')[0] ?? null,
        effective: of('fault-effective')[0] ?? null,
        lapsed: of('fault-lapsed'),
        releaseRequested: of('fault-release-requested')[0] ?? null,
        gone: of('fault-gone').at(-1) ?? null,
      };
    });
  }

  private addInstant(type: string, data: unknown): void {
    const asked = type === 'fault-requested' ? requestedSchema.safeParse(data).data : undefined;
    const said = type === 'fault-requested' ? asked : instantSchema.safeParse(data).data;
    if (!said) return;
    const { fault, notBefore_us, notAfter_us } = said;
    const own = this.byFault.get(fault) ?? [];
    own.push({ type, at: { notBefore_us, notAfter_us } });
    this.byFault.set(fault, own);
    if (asked && !this.asked.has(fault))
      this.asked.set(fault, { type: asked.type, target: asked.target, disaster: asked.disaster });
  }
}

function originOf(wall: string, atUs: number): string {
  const origin = new Date(Date.parse(wall) - atUs / 1000);
  return Number.isNaN(origin.getTime()) ? wall : origin.toISOString();
}
