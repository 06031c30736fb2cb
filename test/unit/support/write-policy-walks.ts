/** `npm run k6:policy`: what the Go client of the load is held against. */
import { writeFileSync } from 'node:fs';
import { policyWalks } from './policy-walks.ts';

const FILE = new URL('../../../k6/ext/drill/testdata/policy.json', import.meta.url);
writeFileSync(
  FILE,
  `[\n${policyWalks()
    .map((walk) => JSON.stringify(walk))
    .join(',\n')}\n]\n`,
);
