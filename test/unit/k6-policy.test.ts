import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { policyWalks } from './support/policy-walks.ts';

const FILE = new URL('../../k6/ext/drill/testdata/policy.json', import.meta.url);

test('what the Go client of the load is held against is what the harness’s own clients do (npm run k6:policy writes it)', () => {
  expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(JSON.parse(JSON.stringify(policyWalks())));
});

test('the walks fail over, come back, try half open and find nothing open', () => {
  const walks = policyWalks();
  const moves = walks.flatMap((walk) => walk.moves);
  const routes = walks.flatMap(({ steps }) => steps.flatMap((step) => ('route' in step ? [step.to] : [])));
  expect(moves.filter((move) => move.startsWith('failover')).length).toBeGreaterThan(20);
  expect(moves.filter((move) => move.includes('a trial succeeded')).length).toBeGreaterThan(2);
  expect(moves.filter((move) => move.includes('by the operator')).length).toBeGreaterThan(10);
  expect(routes.filter((to) => to === null).length).toBeGreaterThan(10);
  expect(routes.filter((to) => to !== null && to[1] >= 0).length).toBeGreaterThan(20);
});
