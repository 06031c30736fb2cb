import { expect, test } from 'vitest';
import { FakePlatform } from '../platform/testing-platform.ts';
import { inOrder, restartComponent, restartSite } from './restart.ts';

const JANUSGRAPH = { site: 'paris', component: 'janusgraph' } as const;

test('a site restarts one component after the other, what others stand on first, and nothing stays', async () => {
  const platform = new FakePlatform();
  platform.states.reverse();
  const said: string[] = [];
  await restartSite(platform, 'paris', (line) => said.push(line));
  expect(said).toEqual(['restarting cassandra of paris', 'restarting janusgraph of paris']);
  expect(platform.log).toEqual(
    ['cassandra', 'janusgraph'].flatMap((component) => [
      `record restart-${component}-paris`,
      `restart paris ${component} within 30000 ms`,
      `undo restart-${component}-paris`,
    ]),
  );
  expect([...platform.registered, ...platform.looping]).toEqual([]);
});

test('each once, in the order in which they stand on each other', () => {
  const of = (...components: ('api' | 'cassandra' | 'janusgraph')[]) =>
    inOrder(components.map((component) => ({ site: 'paris', component }))).map(({ component }) => component);
  expect(of('api', 'janusgraph', 'cassandra', 'janusgraph')).toEqual(['cassandra', 'janusgraph', 'api']);
});

test('a site that is not there is refused, with those that are', async () => {
  const platform = new FakePlatform();
  await expect(restartSite(platform, 'Paris', () => {})).rejects.toThrow(
    '--restart: expected one of paris, london, frankfurt, got Paris',
  );
  expect(platform.log).toEqual([]);
});

test('what is not ready is not restarted: to start it is what undoing is for', async () => {
  const platform = new FakePlatform();
  platform.set('paris', ['janusgraph'], 'running');
  await expect(restartComponent(platform, 'r', JANUSGRAPH)).rejects.toThrow('janusgraph of paris is not ready');
  expect(platform.log).toEqual([]);
});

test('what cannot be ended is left running, and nothing of it stays', async () => {
  const platform = new FakePlatform();
  platform.abilities.restarts.restart = async () => Promise.reject(new Error('no such process'));
  await expect(restartComponent(platform, 'r', JANUSGRAPH)).rejects.toThrow('no such process');
  expect(platform.log).toEqual(['record restart-janusgraph-paris', 'undo restart-janusgraph-paris']);
  expect([...platform.registered]).toEqual([]);
});
