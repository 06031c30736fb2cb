import { decode, encode, RECURSION_DESIRED, type RecordType } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { answerFor } from '../ask-name.ts';
import { loadLocalConfig } from './config.ts';
import { NameServer } from './name-server.ts';

const FILE = new URL('../../../clusters/local/host-names.yaml', import.meta.url).pathname;
const config = { ...loadLocalConfig(FILE), nodesPerSite: 2 };
const OUTSIDE = '10.77.0.1';
const PARIS = '10.77.1.10';
const LONDON = '10.77.2.11';

function question(name: string, type: RecordType = 'A'): Buffer {
  return encode({ type: 'query', id: 7, flags: RECURSION_DESIRED, questions: [{ type, name }] });
}

/** What comes back, in short: addresses, nothing, or the code of the response. */
function said(server: NameServer, name: string, from = OUTSIDE, type: RecordType = 'A'): string {
  const reply = server.reply(question(name, type), from);
  if (!reply) return 'silence';
  const { id, answers, flags = 0 } = decode(reply);
  expect(id).toBe(7);
  return answers?.length ? JSON.stringify(answers.map((one) => 'data' in one && one.data)) : `code ${flags & 15}`;
}

describe('names', () => {
  const server = new NameServer(config);
  test.each([
    ['cassandra-0.paris.drill.internal', 'A', '["10.77.1.10"]'],
    ['cassandra-1.london.drill.internal', 'A', '["10.77.2.11"]'],
    ['JanusGraph-0.Frankfurt.drill.internal', 'A', '["10.77.3.10"]'],
    // Known, and without an address of that kind.
    ['cassandra-0.paris.drill.internal', 'AAAA', 'code 0'],
    ['cassandra-2.paris.drill.internal', 'A', 'code 3'],
    ['drill.internal', 'A', 'code 3'],
    ['example.org', 'A', 'code 5'],
    ['xdrill.internal', 'A', 'code 5'],
  ] as const)('%s %s: %s', (name, type, expected) => {
    expect(said(server, name, OUTSIDE, type)).toBe(expected);
  });

  test('an answer may be kept as long as the configuration says', () => {
    const reply = decode(server.reply(question('cassandra-0.paris.drill.internal'), OUTSIDE) as Buffer);
    expect(reply.answers?.[0]).toMatchObject({ ttl: 5 });
  });

  test('a platform without names knows none', () => {
    const none = new NameServer(loadLocalConfig());
    expect(said(none, 'cassandra-0.paris.drill.internal')).toBe('code 5');
  });
});

describe('a name server that fails', () => {
  test.each([
    ['silence', 'silence'],
    ['servfail', 'code 2'],
    ['nxdomain', 'code 3'],
  ] as const)('%s: for names of its site, and for whoever is in its site', (how, expected) => {
    const server = new NameServer(config);
    server.fail('dns-failure-1', 'paris', how);
    expect(said(server, 'cassandra-0.paris.drill.internal', OUTSIDE)).toBe(expected);
    expect(said(server, 'janusgraph-0.paris.drill.internal', LONDON)).toBe(expected);
    expect(said(server, 'cassandra-0.london.drill.internal', PARIS)).toBe(expected);
    expect(said(server, 'example.org', PARIS)).toBe(expected);
    expect(said(server, 'cassandra-0.london.drill.internal', OUTSIDE)).toBe('["10.77.2.10"]');
    expect(said(server, 'cassandra-0.frankfurt.drill.internal', LONDON)).toBe('["10.77.3.10"]');
    expect(server.state('paris')).toEqual({ failing: how, failed: 4 });
    expect(server.state('london')).toEqual({ failing: null, failed: 0 });
    expect(server.inForce()).toEqual(['dns-failure-1']);
  });

  test('it answers again once it is mended; to mend one that does not fail is no error', () => {
    const server = new NameServer(config);
    server.fail('dns-failure-1', 'paris', 'silence');
    server.mend('dns-failure-1');
    server.mend('dns-failure-1');
    expect(said(server, 'cassandra-0.paris.drill.internal', PARIS)).toBe('["10.77.1.10"]');
    expect(server.state('paris')).toEqual({ failing: null, failed: 0 });
    expect(server.inForce()).toEqual([]);
  });

  test('one that fails already, and a site that is not there, are errors', () => {
    const server = new NameServer(config);
    server.fail('dns-failure-1', 'paris', 'silence');
    expect(() => server.fail('dns-failure-2', 'paris', 'servfail')).toThrow('the name server of paris fails already');
    expect(() => server.fail('dns-failure-3', 'berlin', 'servfail')).toThrow('no site berlin');
    server.fail('dns-failure-2', 'london', 'servfail');
    expect(server.inForce()).toEqual(['dns-failure-1', 'dns-failure-2']);
  });
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['noise', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  [
    'a response',
    encode({ type: 'response', id: 1, questions: [{ type: 'A', name: 'cassandra-0.paris.drill.internal' }] }),
  ],
  ['no question', encode({ type: 'query', id: 1 })],
  ['a question that is cut off', question('cassandra-0.paris.drill.internal').subarray(0, 20)],
])('%s is not answered', (_, packet) => {
  expect(new NameServer(config).reply(packet, OUTSIDE)).toBeNull();
});

test('over the network it is what a resolver hears', async () => {
  const server = new NameServer(config);
  const at = `127.0.0.1:${await server.listen('127.0.0.1', 0, () => {})}`;
  const ask = (name: string, ms = 5_000) => answerFor(name, at, ms);
  expect(await ask('cassandra-0.paris.drill.internal')).toBe('10.77.1.10');
  expect(await ask('cassandra-2.paris.drill.internal')).toBe('nxdomain');
  expect(await ask('example.org')).toBe('refused');
  server.fail('f', 'paris', 'servfail');
  expect(await ask('cassandra-0.paris.drill.internal')).toBe('servfail');
  server.mend('f');
  server.fail('f', 'paris', 'silence');
  expect(await ask('cassandra-0.paris.drill.internal', 50)).toBe('silence');
  // Asked once each: nothing asks again behind our back.
  expect(server.state('paris').failed).toBe(1);
  server.close();
  expect(await ask('cassandra-0.london.drill.internal')).toBe('unreachable');
});
