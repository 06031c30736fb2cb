/** Asks databases for the time, from where it is run: each line of standard input is a list of addresses, each line it writes their answers. */
import { createInterface } from 'node:readline';
import type { Component, Endpoint } from '../platform.ts';
import { aheadOf } from './wall-clock.ts';

const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  const clocks = JSON.parse(line) as (Endpoint & { component: Component })[];
  const answers = await Promise.all(clocks.map(({ component, ...at }) => aheadOf(component, at)));
  process.stdout.write(`${JSON.stringify(answers)}\n`);
}
