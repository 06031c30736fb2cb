import type { Lasting } from './lasting.ts';

/** The topics of a site's Pulsar that are closed over and over. */
export interface TopicState {
  readonly id: string;
  readonly site: string;
  /** How many there were in the last round, and how many of them the broker said it has closed. */
  readonly topics: number;
  readonly closed: number;
  /** Rounds in which it closed each of them, so far. */
  readonly rounds: number;
  /** How long ago the last such round ended; null: there was none. */
  readonly agoMs: number | null;
  /** What the last one that failed said; empty: none did. */
  readonly failure: string;
}

/** Topics that their broker lets go of: clients lose their place there, and whoever owns it next has to open it again. */
export interface TopicAbility extends Lasting {
  /** From now on, so often. Those of the harness's own namespaces. */
  unload(id: string, site: string, everyMs: number, signal: AbortSignal): Promise<void>;
  observe(signal: AbortSignal): Promise<readonly TopicState[]>;
}
