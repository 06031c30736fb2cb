import { expect, test } from 'vitest';
import type { PlannedSite } from '../scenario/plan.ts';
import { DriverView } from './driver-view.ts';
import { NodetoolView } from './nodetool-view.ts';
import type { Alarm } from './protocol.ts';

const SITES: readonly PlannedSite[] = ['paris', 'london', 'frankfurt'].map((name, i) => ({
  name,
  datacenter: `${name}-dc`,
  endpoints: {
    cassandra: [
      { host: `10.0.${i}.1`, port: 9042 },
      // Clients go by another address than its cluster.
      { host: `127.0.${i}.2`, address: `10.0.${i}.2`, port: 9042 },
    ],
  },
}));
const said = ({ type, site, what }: Alarm): string => `${type} ${site}: ${what}`;

/** As `nodetool status` of Cassandra 5.0 prints it; `states`: of nodes in the order of the sites. */
function status(...states: readonly string[]): string {
  const head = 'Status=Up/Down\n|/ State=Normal/Leaving/Joining/Moving\n--  Address  Load  Tokens  Owns  Host ID  Rack';
  const addresses = SITES.flatMap((_, i) => [`10.0.${i}.1`, `10.0.${i}.2`]);
  const line = (site: number) =>
    addresses
      .slice(2 * site, 2 * site + 2)
      .map((address, i) => `${states[2 * site + i]}  ${address}  1.2 MiB  16  100.0%  6f3c  rack1`);
  return SITES.map(({ datacenter }, i) => `Datacenter: ${datacenter}\n====\n${head}\n${line(i).join('\n')}\n`).join(
    '\n',
  );
}

const ALL_UP = status('UN', 'UN', 'UN', 'UN', 'UN', 'UN');

test('nodetool: a node that is down is an alarm once, and one that is up again is clear', () => {
  const view = new NodetoolView('london', SITES);
  const paris = status('DN', 'UN', 'UN', 'UN', 'UN', 'UN');
  expect(view.read(ALL_UP)).toEqual([]);
  expect(view.read(paris)).toEqual([
    {
      type: 'alarm',
      detector: 'nodetool status at london',
      simulated: false,
      site: 'paris',
      component: 'cassandra',
      what: '10.0.0.1 is DN',
    },
  ]);
  expect(view.read(paris)).toEqual([]);
  expect(view.read(status('DN', 'DN', 'UN', 'UN', 'UN', 'UN')).map(said)).toEqual(['alarm paris: 10.0.0.2 is DN']);
  expect(view.read(ALL_UP).map(said)).toEqual(['clear paris: 10.0.0.1 is UN', 'clear paris: 10.0.0.2 is UN']);
});

test.each(['', 'nodetool: Failed to connect', status('DN', 'DN', 'DN', 'DN', 'DN', 'DN')])(
  'nodetool: what names no node that is up says nothing, of now or of before',
  (answer) => {
    const view = new NodetoolView('london', SITES);
    expect(view.read(status('DN', 'UN', 'UN', 'UN', 'UN', 'UN'))).toHaveLength(1);
    expect(view.read(answer)).toEqual([]);
    expect(view.read(ALL_UP).map(said)).toEqual(['clear paris: 10.0.0.1 is UN']);
  },
);

test('nodetool: a node that is down while it leaves, joins or moves is down; one that is up is not', () => {
  const view = new NodetoolView('london', SITES);
  const alarms = view.read(status('DL', 'UL', 'DJ', 'UJ', 'DM', 'UN'));
  expect(alarms.map(said)).toEqual([
    'alarm paris: 10.0.0.1 is DN',
    'alarm london: 10.0.1.1 is DN',
    'alarm frankfurt: 10.0.2.1 is DN',
  ]);
});

test('a driver: what it is told of other sites, once until it is told otherwise', () => {
  const told: Alarm[] = [];
  const view = new DriverView(SITES[1] as PlannedSite, SITES, (alarm) => told.push(alarm));
  const paris = { address: '10.0.0.1:9042', datacenter: 'paris-dc' };
  view.say('clear', paris);
  view.say('alarm', paris);
  view.say('alarm', paris);
  // Its own site, and a datacenter that is none of the platform's.
  view.say('alarm', { address: '10.0.1.1:9042', datacenter: 'london-dc' });
  view.say('alarm', { address: '10.9.9.9:9042', datacenter: 'elsewhere' });
  view.say('clear', paris);
  expect(told.map(said)).toEqual([
    'alarm paris: 10.0.0.1:9042 is down, says Cassandra of london',
    'clear paris: 10.0.0.1:9042 is up, says Cassandra of london',
  ]);
  expect(told[0]).toMatchObject({ detector: 'driver at london', simulated: false, component: 'cassandra' });
});
