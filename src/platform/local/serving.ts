import { setTimeout as sleep } from 'node:timers/promises';
import { answers, listens } from '../health.ts';
import type { Component } from '../platform.ts';

const POLL_MS = 150;
/** What one look may take. */
const ANSWER_MS: Readonly<Record<Component, number>> = {
  cassandra: 2_000,
  janusgraph: 5_000,
  opensearch: 5_000,
  pulsar: 10_000,
  api: 5_000,
  consumer: 10_000,
  'node-exporter': 2_000,
  prometheus: 5_000,
  alertmanager: 5_000,
  redis: 2_000,
};

/** Resolves when a database serves at an address; rejects at the signal. */
export async function untilServing(
  component: Component,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  const timeoutMs = ANSWER_MS[component];
  while (!(await answers(component, { host, port }, timeoutMs))) await sleep(POLL_MS, undefined, { signal });
}

/** Resolves when somebody takes connections at an address; rejects at the signal. */
export async function untilListening(host: string, port: number, signal: AbortSignal): Promise<void> {
  while (!(await listens({ host, port }, ANSWER_MS.cassandra))) await sleep(POLL_MS, undefined, { signal });
}
