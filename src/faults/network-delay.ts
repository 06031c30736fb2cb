import { z } from 'zod';
import { durationMs, durationText, percentageText, ratioOf } from '../scenario/values.ts';
import type { FaultType } from './fault.ts';
import { describeCounters } from './packet-rules.ts';
import { ability, targetSite } from './target.ts';

const LONGEST_MS = 10_000;
const error = 'expected a delay of at most 10s, with its unit, such as 50ms';
const delayText = () => durationText().refine((text) => durationMs(text) <= LONGEST_MS, { error });

const params = z
  .strictObject({
    delay: delayText().describe('What each packet takes longer, each way: a round trip takes twice as much: 50ms.'),
    jitter: delayText()
      .optional()
      .describe('More or less than that, at random, evenly distributed: 10ms. Packets may overtake each other then.'),
    correlation: percentageText().optional().describe("Of a packet's jitter with that of the one before it: 25%."),
  })
  .refine(({ delay, jitter }) => jitter === undefined || durationMs(jitter) <= durationMs(delay), {
    path: ['jitter'],
    error: 'expected no more jitter than delay: no packet arrives before it is sent',
  })
  .refine(({ jitter, correlation }) => correlation === undefined || jitter !== undefined, {
    path: ['correlation'],
    error: 'expected jitter as well: nothing else is correlated',
  });

const us = (text: string | undefined): number => (text === undefined ? 0 : Math.round(durationMs(text) * 1000));

/** A line that is long: every packet to and from a site waits (tc-netem(8)), whoever it is from. */
export const networkDelay: FaultType = {
  type: 'network-delay',
  summary: "every packet on a site's line takes longer, each way, always as much or more or less",
  params,
  needs: ['network', 'netem'],
  restarts: false,
  notMeasured: [
    { what: 'delays as a real line has them', why: 'jitter is even here, and reorders packets; real ones have a tail' },
  ],
  bind(fault, platform) {
    const { delay, jitter, correlation } = params.parse(fault.params);
    const { name } = targetSite(fault, platform);
    const network = ability(fault, platform, 'network');
    const netem = ability(fault, platform, 'netem');
    const how = {
      delayUs: us(delay),
      jitterUs: us(jitter),
      correlation: correlation === undefined ? 0 : ratioOf(correlation),
    };
    return {
      undo: [{ kind: 'network', params: { id: fault.id } }],
      inject: (signal) => netem.delay(fault.id, name, how, signal),
      async observe(signal) {
        const counters = await network.observe(fault.id, signal);
        if (counters.length === 0) return { state: 'none', observed: 'the line is as short as ever' };
        // A line on which nothing went has not been shown to be long.
        const both = (['in', 'out'] as const).every((way) =>
          counters.some(({ direction, packets }) => direction === way && packets > 0),
        );
        return { state: both ? 'full' : 'partial', observed: describeCounters(counters) };
      },
    };
  },
};
