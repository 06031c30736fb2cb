import { z } from 'zod';
import { NAME_FAILURES, type NameServerState } from '../platform/names.ts';
import type { Undo } from '../platform/undo.ts';
import type { FaultType } from './fault.ts';
import { ability, targetSite } from './target.ts';

const params = z.strictObject({
  answer: z
    .enum(NAME_FAILURES)
    .default('silence')
    .describe('silence: questions get no answer; servfail: "server failure"; nxdomain: "there is no such name".'),
});

/**
 * The name server of a site fails: nobody learns the addresses of the site's host names, and nobody in the site learns any. Connections that are
 * there go on; new ones fail. In force when questions from outside and from inside the site get what they are to get.
 */
export const dnsFailure: FaultType = {
  type: 'dns-failure',
  summary:
    "the name server of a site fails: its host names have no addresses any more, and the site's own clients resolve none",
  params,
  needs: ['names'],
  restarts: false,
  notMeasured: [
    {
      what: 'names that clients or servers in between keep for a while',
      why: 'the clients here ask for each new connection, as Node does: one who keeps answers notices the failure later, and its end as well',
    },
  ],
  bind(fault, platform) {
    const { answer } = params.parse(fault.params);
    const { name: site } = targetSite(fault, platform);
    const names = ability(fault, platform, 'names');
    const undo: readonly Undo[] = [{ kind: 'names', params: { id: fault.id } }];
    return {
      undo,
      inject: (signal) => names.fail(fault.id, site, answer, signal),
      async observe(signal) {
        const state = await names.observe(site, signal);
        const { failing, failed, asked } = state;
        const observed = describeNameServer(site, state);
        if (asked.length === 0) return { state: 'partial', observed };
        if (failing === null) return { state: asked.every(({ right }) => right) ? 'none' : 'partial', observed };
        const full = failing === answer && failed > 0 && asked.every((one) => one.answer === answer);
        return { state: full ? 'full' : 'partial', observed };
      },
    };
  },
};

/** Such as `name server of paris: 12 questions failed; asked now: cassandra-0.paris: silence from outside, silence from paris`. */
function describeNameServer(site: string, { failed, asked }: NameServerState): string {
  const byName = [...Map.groupBy(asked, ({ name }) => name)].map(
    ([name, questions]) => `${name}: ${questions.map(({ from, answer }) => `${answer} from ${from}`).join(', ')}`,
  );
  return `name server of ${site}: ${failed} questions failed; asked now: ${byName.join('; ')}`;
}
