/** k6 as a generator of a harness's load: the harness's clock, timetables, failover and record. Only for `generator.ts`, which the harness starts. */
declare module 'k6/x/drill' {
  /** A store at one site, as the harness's plan has it. */
  export interface Place {
    site: string;
    datacenter: string;
    /** `HOST:PORT` of each node. */
    hosts: string[];
    port: number;
  }

  /** A timetable of the harness, and what its probe is told. */
  export interface Lane {
    probe: string;
    service: string;
    /** Operations a second. */
    rate: number;
    timeout_us: number;
    /** In the order in which clients prefer them. */
    sites: string[];
    places: Place[];
    /** The probe's parameters, as in plan.json. */
    params: Record<string, unknown>;
  }

  export interface Config {
    run: string;
    client: string;
    lanes: Lane[];
    /** Operations of one lane that may be under way. */
    inFlight: number;
  }

  /** `while (operation.next()) operation.end(…)`. */
  export interface Operation {
    readonly key: string;
    readonly seq: number;
    readonly writes: boolean;
    /** The position of its lane in the configuration. */
    readonly lane: number;
    /** Where this attempt goes: a position in the lane's sites. */
    readonly site: number;
    /** Begins an attempt, after the client's pause where it is a retry; false when there is none to make any more. */
    next(): boolean;
    end(outcome: 'ok' | 'fail' | 'info', error: string, sum: string): void;
  }

  const drill: {
    /** What the harness says first, on standard input. Throws without a harness. For the init context. */
    config(): Config;
    /** For setup(): says that everything is connected and warm, and returns shortly before the first operation. */
    ready(): void;
    /** For setup(): says why the load cannot be made. */
    failed(message: string): void;
    /** This iteration's operation, at its instant; null where there is none. The scenario is called as the lane's position. */
    begin(): Operation | null;
    /** The harness ended the run. */
    over(): boolean;
    /** The harness's phase, such as `steady-state`; empty before the first. */
    phase(): string;
    /** For handleSummary(): how many iterations k6 could not start. */
    ended(dropped: number): void;
  };
  export default drill;
}
