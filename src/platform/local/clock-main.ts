/** Asks databases for the time, from where it is run. */
import type { ClockQuestion } from './clocks.ts';
import { serveQuestions } from './helper-process.ts';
import { aheadOf } from './wall-clock.ts';

serveQuestions((clocks: readonly ClockQuestion[]) =>
  Promise.all(clocks.map(({ component, ...at }) => aheadOf(component, at))),
);
