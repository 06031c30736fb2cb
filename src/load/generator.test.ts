import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ClientEvent } from '../client/protocol.ts';
import type { ClientHandle } from '../client/spawn.ts';
import { GOOD, loaded, PLATFORM, REGISTRIES } from '../scenario/fixtures.ts';
import { resolvePlan } from '../scenario/resolve.ts';
import { spawnGenerator } from './generator.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-generator-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const LOAD = 'load:\n  bulk: { probe: cql, rate: 300/s, timeout: 2s, sites: [paris, london] }\n';

/** A program in k6's place, which does `body` with each order; `config` is the first. */
function program(body: string): string {
  const file = join(directory, 'k6');
  const text = `#!${process.execPath}
const { writeSync } = require('node:fs');
const tell = (event) => writeSync(3, JSON.stringify(event) + '\\n');
let config = null;
const lines = require('node:readline').createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const order = JSON.parse(line);
  const first = config === null;
  config ??= order;
  ${body}
});
lines.on('close', () => process.exit(0));
`;
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

interface Spawned {
  readonly handle: ClientHandle;
  readonly events: readonly ClientEvent[];
  readonly rows: readonly string[];
}

function spawned(binary: string): Spawned {
  const plan = resolvePlan({ loaded: loaded(GOOD + LOAD), platform: PLATFORM, ...REGISTRIES });
  const timetables = plan.timetables.filter(({ generator }) => generator !== undefined);
  const events: ClientEvent[] = [];
  const rows: string[] = [];
  const what = { place: [], plan, run: 'r1', originNs: '5', client: 'outside', inFlight: 700, timetables, binary };
  const handle = spawnGenerator({
    ...what,
    onRows: (text) => void rows.push(text),
    onEvent: (event) => void events.push(event),
  });
  return { handle, events, rows };
}

test('k6 is told everything on its standard input, at addresses, with the failover of the plan', async () => {
  const { handle, events } = spawned(
    program(`if (first) { tell({ type: 'failed', message: JSON.stringify(config) }); tell({ type: 'ready' }); }`),
  );
  await handle.ready.catch(() => {});
  await handle[Symbol.asyncDispose]();
  const said = events.find(({ type }) => type === 'failed') as { message: string };
  expect(JSON.parse(said.message)).toEqual({
    run: 'r1',
    originNs: '5',
    client: 'outside',
    inFlight: 700,
    retry: null,
    failover: { after: 5, retry_us: 30_000_000, halfOpen: 1, failback: 'operator' },
    lanes: [
      {
        probe: 'cql',
        service: 'bulk',
        rate: 300,
        timeout_us: 2_000_000,
        params: { consistency: 'LOCAL_QUORUM' },
        sites: ['paris', 'london'],
        places: [
          { site: 'paris', datacenter: 'paris-dc', hosts: ['10.0.0.1'], port: 9042 },
          { site: 'london', datacenter: 'london-dc', hosts: ['10.0.1.1'], port: 9042 },
        ],
      },
    ],
  });
});

test('rows are what comes on file descriptor 4: what k6 prints is none, and is said when it dies', async () => {
  const { handle, rows } = spawned(
    program(`if (first) {
      process.stdout.write('0,1,cql,bulk,paris,outside,printed,write,1,1,1,ok,,\\r\\n');
      writeSync(4, '0,1,cql,bulk,paris,outside,key,write,1,1,1,ok,,\\r\\n1,1,cql,');
      tell({ type: 'ready' });
    } else {
      process.stderr.write('out of memory');
      process.exit(7);
    }`),
  );
  await handle.ready;
  handle.send({ type: 'phase', phase: 'before' });
  await expect(handle.ended).rejects.toThrow(/k6 \(outside\) ended by itself \(exit code 7\): [\s\S]*out of memory/);
  expect(rows).toEqual(['0,1,cql,bulk,paris,outside,key,write,1,1,1,ok,,\r\n']);
});

test('what it says is heard in order, and it ends with its standard input', async () => {
  const { handle, events } = spawned(
    program(`if (first) tell({ type: 'ready' });
    else if (order.type === 'stop') tell({ type: 'timetable-ended', timetable: order.timetables[0], last: 41 });
    else if (order.type === 'end') tell({ type: 'generator', data: { client: 'outside', generator: 'k6', dropped: 0 } });`),
  );
  await handle.ready;
  handle.send({ type: 'stop', timetables: [0] });
  handle.send({ type: 'end' });
  await vi.waitFor(() => expect(events.length).toBe(3), { timeout: 20_000 });
  await handle[Symbol.asyncDispose]();
  await handle.ended;
  expect(events.map(({ type }) => type)).toEqual(['ready', 'timetable-ended', 'generator']);
});
