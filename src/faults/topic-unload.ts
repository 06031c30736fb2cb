import { z } from 'zod';
import type { TopicState } from '../platform/topics.ts';
import { durationMs, durationText } from '../scenario/values.ts';
import type { FaultType } from './fault.ts';
import { ability, targetSite } from './target.ts';

const params = z.strictObject({
  every: durationText().default('2s').describe("How often the site's broker closes each topic."),
});

/** A round may take longer than what lies between two. */
const PATIENCE_MS = 5_000;

/**
 * A site's broker lets go of every topic of the run, over and over, as it does when the brokers of a cluster share their load anew: its clients lose their place there,
 * and the topic is opened again for whoever asks for it next. In force while the broker says that it has closed each of them.
 */
export const topicUnload: FaultType = {
  type: 'topic-unload',
  summary:
    "topics that are not available: a site's broker of Pulsar closes each, over and over, and opens it again for whoever asks",
  params,
  needs: ['topics'],
  restarts: false,
  on: 'pulsar',
  only: () => 'pulsar',
  notMeasured: [
    {
      what: 'a topic that no broker can open',
      why: 'the site has one broker, which lets go of a topic and takes it again; its ledgers are there all the time',
    },
  ],
  bind(fault, platform) {
    const { every } = params.parse(fault.params);
    const { name: site } = targetSite(fault, platform);
    const topics = ability(fault, platform, 'topics');
    const everyMs = durationMs(every);
    return {
      undo: [{ kind: 'topics', params: { id: fault.id } }],
      inject: (signal) => topics.unload(fault.id, site, everyMs, signal),
      async observe(signal) {
        const mine = (await topics.observe(signal)).find(({ id }) => id === fault.id);
        if (!mine) return { state: 'none', observed: 'nobody closes a topic' };
        return { state: isFull(mine, everyMs) ? 'full' : 'partial', observed: describe(mine) };
      },
    };
  },
};

function isFull({ topics, closed, agoMs }: TopicState, everyMs: number): boolean {
  return topics > 0 && closed === topics && agoMs !== null && agoMs <= everyMs + PATIENCE_MS;
}

function describe({ topics, closed, rounds, failure }: TopicState): string {
  const said = `${closed} of ${topics} topics closed by their broker, each of them ${rounds} times so far`;
  return failure === '' ? said : `${said}; once: ${failure}`;
}
