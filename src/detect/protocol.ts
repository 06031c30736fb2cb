import type { Component, Pager } from '../platform/platform.ts';
import type { PlannedSite } from '../scenario/plan.ts';
import type { HealthCheckSettings } from './health-check.ts';

/** What a watcher process is told, as JSON on its standard input; when that ends, it ends. */
export interface WatcherConfig {
  readonly sites: readonly PlannedSite[];
  /** A health check of every component of every site; null: none. */
  readonly health: HealthCheckSettings | null;
  /** Drivers that are told by each site's Cassandra which others are down; null: none. */
  readonly driver: { readonly params: Readonly<Record<string, unknown>>; readonly timeoutUs: number } | null;
  /** Where Alertmanagers notify whoever is on call, and how long their dead man's alert may be silent; null: nobody listens there. */
  readonly pager: { readonly at: Pager; readonly deadManMs: number } | null;
}

/** What a detector says. `clear`: what an alarm was raised for is healthy again. */
export interface Alarm {
  readonly type: 'alarm' | 'clear';
  /** Who says so. */
  readonly detector: string;
  /** A stand-in of ours for what the platform would have. */
  readonly simulated: boolean;
  readonly site: string;
  /** Null: it does not say. */
  readonly component: Component | null;
  /** Of an alert of the platform's monitoring: its name. */
  readonly alert?: string;
  readonly what: string;
  /** Of an alarm that took several failures: since the first of them. */
  readonly failingForMs?: number;
}

/** What it says, as JSON lines on file descriptor 3. */
export type WatcherEvent = { readonly type: 'ready' } | Alarm;
