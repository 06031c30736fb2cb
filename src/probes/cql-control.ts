import type { Client } from 'cassandra-driver';

/** What the driver keeps to itself: how it finds another node to be told of the others by. */
export interface ControlConnection {
  _isShuttingDown?: boolean;
  /** With a plan: called by itself, when one node of it failed. */
  _refresh(plan?: unknown): Promise<void>;
}

/**
 * A driver refreshes its control connection now and then while it is at it, loses it in between, and rejects where nobody listens, which ends the process
 * (NODEJS-681, cassandra-driver 4.10.0). Here it does so once at a time, and again after a while where it failed.
 */
export function refreshOneAtATime(client: Client, againMs: number): void {
  const { controlConnection } = client as unknown as { controlConnection: ControlConnection };
  guardRefresh(controlConnection, againMs);
}

/** The same of the control connection itself. */
export function guardRefresh(control: ControlConnection, againMs: number): void {
  const refresh = control._refresh.bind(control);
  let running: Promise<void> | null = null;
  control._refresh = (plan) => {
    if (plan !== undefined) return refresh(plan);
    running ??= refresh()
      .catch(() => {
        if (control._isShuttingDown !== true) setTimeout(() => void control._refresh(), againMs).unref();
      })
      .finally(() => {
        running = null;
      });
    return running;
  };
}
