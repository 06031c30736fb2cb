import { z } from 'zod';
import type { SignInState } from '../platform/api.ts';
import type { FaultType, Observation } from './fault.ts';
import { ability, sitesOf } from './target.ts';

const params = z.strictObject({
  also: z.array(z.string()).default([]).describe('Further sites whose API lets its clients in no more.'),
});

/** The API has another password for its clients, as after a rotation that nobody told them of: what they ask is refused (status 401) until it has the right one again. */
export const credentialsRevoked: FaultType = {
  type: 'credentials-revoked',
  summary: 'the API lets its clients in no more: their password is another one, until it is put right',
  params,
  needs: ['signIn'],
  restarts: false,
  on: 'api',
  only: () => 'api',
  onlyItsEndHelps: true,
  notMeasured: [
    {
      what: 'how long people take to put a password right',
      why: 'the harness does so at the end of the fault: the recovery counts from there',
    },
  ],
  bind(fault, platform) {
    const { also } = params.parse(fault.params);
    const sites = sitesOf(fault, platform, also);
    const signIn = ability(fault, platform, 'signIn');
    return {
      undo: [{ kind: 'sign-in', params: { id: fault.id } }],
      inject: (signal) => signIn.revoke(fault.id, sites, signal),
      async observe(signal) {
        const states = await signIn.observe(sites, signal);
        return { state: stateOf(states), observed: states.map(describe).join('; ') };
      },
    };
  },
};

/** Whoever is told to ask less is let in. An API that does not answer, or answers something else, is neither. */
function stateOf(states: readonly SignInState[]): Observation['state'] {
  if (states.length === 0) return 'partial';
  if (states.every(({ status }) => status === 401)) return 'full';
  return states.every(({ status }) => status === 200 || status === 429) ? 'none' : 'partial';
}

function describe({ site, status }: SignInState): string {
  return `${site} answers ${status ?? 'nothing'} to the right password`;
}
