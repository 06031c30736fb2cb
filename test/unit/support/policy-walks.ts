import { ServicePolicy } from '../../../src/client/service-policy.ts';

const SITES = ['paris', 'london', 'frankfurt'];

type Step =
  | { readonly route: { readonly at: number; readonly mayTry: boolean }; readonly to: readonly [number, number] | null }
  | {
      readonly report: {
        readonly site: number;
        readonly answered: boolean;
        readonly trial: boolean;
        readonly at: number;
        readonly error: string;
      };
    }
  | { readonly moveTo: string; readonly at: number };

/** What a client's failover was asked and told, and what it decided. */
interface Walk {
  readonly settings: {
    readonly after: number;
    readonly retry_us: number;
    readonly halfOpen: number;
    readonly failback: string;
  };
  readonly sites: readonly string[];
  readonly steps: readonly Step[];
  readonly moves: readonly string[];
}

/** Numbers that are the same each time, from 0 to below 1 (a linear congruential generator). */
function numbers(seed: number): () => number {
  let state = (seed * 2_654_435_761) % 2 ** 32;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Walks of the clients' own policy, for another implementation to be held against: `k6/ext/drill/testdata/policy.json`. */
export function policyWalks(): readonly Walk[] {
  return Array.from({ length: 24 }, (_, n) => walk(numbers(n + 1)));
}

function walk(random: () => number): Walk {
  const sites = SITES.slice(0, 1 + Math.floor(random() * 3));
  const failback: 'operator' | 'automatic' = random() < 0.5 ? 'operator' : 'automatic';
  const settings = {
    after: 1 + Math.floor(random() * 5),
    retry_us: 500 + Math.floor(random() * 10_000),
    halfOpen: 1 + Math.floor(random() * 2),
    failback,
  };
  const moves: string[] = [];
  const policy = new ServicePolicy('s', sites, settings, (kind, move) => {
    moves.push(`${kind} ${move.from} ${move.to} ${move.decided_us} ${move.reason}`);
  });
  const steps: Step[] = [];
  const open: { site: string; trial: boolean }[] = [];
  let at = 0;
  for (let n = 0; n < 150; n += 1) {
    at += Math.floor(random() * 2_000);
    const dice = random();
    if (dice < 0.02) {
      const moveTo = sites[Math.floor(random() * sites.length)] as string;
      policy.moveTo(moveTo, at, 'moved back by the operator');
      steps.push({ moveTo, at });
    } else if (dice < 0.55 || open.length === 0) {
      const mayTry = random() < 0.6;
      const to = policy.route(at, mayTry);
      const place = (site: string | null): number => (site === null ? -1 : sites.indexOf(site));
      steps.push({ route: { at, mayTry }, to: to && [place(to.site), place(to.trial)] });
      if (to?.trial) open.push({ site: to.trial, trial: true });
      else if (to) open.push({ site: to.site, trial: false });
    } else {
      const [one] = open.splice(Math.floor(random() * open.length), 1) as [{ site: string; trial: boolean }];
      // Whole stretches in which a site answers nothing, and others.
      const answered = random() < (Math.floor(at / 40_000) % 2 === 0 ? 0.95 : 0.15);
      const error = answered ? '' : 'timeout';
      policy.report(one.site, answered, one.trial, at, error);
      steps.push({ report: { site: sites.indexOf(one.site), answered, trial: one.trial, at, error } });
    }
  }
  return { settings, sites, steps, moves };
}
