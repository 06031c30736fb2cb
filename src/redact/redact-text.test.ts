import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Mask } from './mask.ts';
import { textRedactor } from './redact-text.ts';

const KNOWN = [
  { kind: 'site', name: 'paris' },
  { kind: 'host', name: 'paris-dc' },
  { kind: 'host', name: 'db7.corp.example' },
  { kind: 'service', name: 'graph' },
  { kind: 'person', name: 'Jane Ångström' },
  { kind: 'function', name: 'payment screening' },
  { kind: 'site', name: 'on' },
  { kind: 'site', name: 'a|b (c)' },
] as const;

function redact(text: string, mask = new Mask('0'.repeat(64))): string {
  return textRedactor(mask, KNOWN, ['20261121T204613Z-95de0f'])(text);
}

test.each([
  ['site-loss-1 requested: site-loss of paris', 'site-loss-1 requested: site-loss of site-1'],
  ['PARIS, Paris and ｐａｒｉｓ', 'site-1, site-1 and site-1'],
  ['paris-dc is no paris', 'host-1 is no site-1'],
  ['a parisian apparition', 'a word-1 word-2'],
  ['keys at paris_1', 'keys at site-1_1'],
  ['refused by db7.corp.example:9042', 'refused by host-1:9042'],
  ['refused by db8.corp.example', 'refused by host-1'],
  ['10.77.1.10:9042 refused', 'address-1 refused'],
  ['fe80::1ff:fe23:4567:890a%eth0 refused', 'address-1 refused'],
  ['see https://wiki.corp/paris?q=1 and root@db7.corp.example', 'see address-1 and address-2'],
  ['lost: /home/jane/.ssh/id', 'lost: path-1'],
  ['JANE ÅNGSTRÖM said', 'person-1 said'],
  ['Jane A\u030angstro\u0308m', 'person-1'],
  ['for Payment Screening', 'for function-1'],
  ['run 20261121T204613Z-95de0f/cql.graph.outside/714', 'run 20261121T204613Z-95de0f/cql.service-1.outside/714'],
  ['20261121T204613Z-95de0f/cql.@paris.outside/714', '20261121T204613Z-95de0f/cql.@site-1.outside/714'],
  ['p95/graph/after', 'p95/service-1/after'],
  ['the graph is on site', 'the service-1 is site-1 site'],
  ['at a|b (c).', 'at site-1.'],
  ['ticket 20261121 of 42', 'ticket number-1 of 42'],
  ['12.345 s, 99.99 %, 250ms, P95', '12.345 s, 99.99 %, 250ms, P95'],
  ['at 巴黎 or 🏦', 'at word-1 or word-2'],
  ['%70aris cGFyaXM= 70617269 p\\u0061ris', '%word-1 word-2= number-1 p\\word-3'],
])('%s', (text, masked) => {
  expect(redact(text)).toBe(masked);
});

test('one name has one mask, whatever text it stands in, and two names never have one', () => {
  const mask = new Mask('0'.repeat(64));
  expect(redact('zzkrt qqvb', mask)).toBe('word-1 word-2');
  expect(redact('qqvb Zzkrt', mask)).toBe('word-2 word-1');
});

test('no name of which no text of the harness has a word is in what is left, whatever stands around it', () => {
  const name = fc.stringMatching(/^[a-z]{2}[qxz]{3}[a-z0-9]{2,6}$/);
  const around = fc.stringMatching(/^[ -~]{0,8}$/);
  const shapes = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => text.toUpperCase(),
    (text) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`,
    (text) => `http://${text}/`,
    (text) => `/${text}/x`,
    (text) => `${text}@${text}`,
    (text) => `${text}.${text}`,
    (text) => `Error: {"host":"${text}"}\n\tat ${text}`,
    (text) => `${text}${text}`,
  );
  fc.assert(
    fc.property(
      fc.array(name, { minLength: 1, maxLength: 4 }),
      around,
      around,
      shapes,
      fc.boolean(),
      (names, a, b, shape, known) => {
        const redactor = textRedactor(
          new Mask(),
          known ? names.map((one) => ({ kind: 'site' as const, name: one })) : [],
          [],
        );
        const masked = redactor(names.map((one) => `${a}${shape(one)}${b}`).join(' ')).toLowerCase();
        for (const one of names) expect(masked).not.toContain(one);
      },
    ),
    { numRuns: 2_000 },
  );
});
