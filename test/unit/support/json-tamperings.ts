import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type JsonObject, readJson, reseal, writeJson } from './bundle.ts';
import { share } from './json-mutations.ts';
import { ENVELOPES, SEALED, STATEMENTS, type Tampering } from './tampering.ts';

/** Paths that a manifest must not have. */
const ESCAPES = [
  '../intent.json',
  '/etc/passwd',
  'latency/../history.csv',
  './history.csv',
  'history.csv/',
  'latency//cql-canary-outside.hlog',
  'C:\\windows',
  'latency\\cql-canary-outside.hlog',
  '',
  '.',
  '..',
  'history.csv\u0000',
  'histor\u0443.csv',
  'manifest.json',
  'manifest.dsse.json',
  'manifest.tsr',
  'Manifest.TSR',
  'statements/0001.dsse.json',
  'statements/x',
];

/** What can be done to JSON that is read in one way and meant in another. */
export function jsonTamperings(): readonly fc.Arbitrary<Tampering>[] {
  const files = ['intent.json', 'plan.json', 'report.json', 'manifest.json', ...ENVELOPES, ...STATEMENTS];
  const at = share;
  const twice = fc.tuple(fc.constantFrom(...files), at, fc.boolean()).map(([name, share, sealedAgain]) => ({
    name: `${name}: a key twice`,
    apply: (directory: string) => {
      const path = join(directory, name);
      const lines = readFileSync(path, 'utf8').split('\n');
      const members = lines.flatMap((line, index) =>
        /^ *"[^"]+": .*[^{[,]$|^ *"[^"]+": .*,$/.test(line) ? [index] : [],
      );
      const index = members[Math.floor(share * members.length)] as number;
      const line = lines[index] as string;
      lines.splice(index, 0, line.endsWith(',') ? line : `${line},`);
      writeFileSync(path, lines.join('\n'));
      if (sealedAgain && SEALED.includes(name)) reseal(directory);
    },
  }));
  const inManifest = fc
    .tuple(
      fc.nat(SEALED.length - 1),
      fc.oneof(
        fc.constantFrom(...ESCAPES).map((path) => ({ path: JSON.stringify(path) })),
        fc
          .constantFrom(
            '1e400',
            '9007199254740993',
            '-1',
            '-0',
            '1.5',
            '1e2',
            '0x10',
            '"12"',
            'null',
            '99999999999999999999',
          )
          .map((bytes) => ({ bytes })),
        fc
          .constantFrom('"00"', '""', 'null', `"${'0'.repeat(64)}"`, `"${'A'.repeat(64)}"`)
          .map((sha256) => ({ sha256 })),
      ),
    )
    .map(([index, change]) => ({
      name: `manifest: ${JSON.stringify(change)} for file ${index}`,
      apply: (directory: string) => {
        const path = join(directory, 'manifest.json');
        const manifest = readJson(path) as { files: JsonObject[] };
        const [[member, text]] = Object.entries(change) as [[string, string]];
        (manifest.files[index] as JsonObject)[member] = '@@';
        writeFileSync(
          path,
          `${JSON.stringify(manifest, null, 2)}\n`.replace('"@@"', () => text),
        );
      },
    }));
  const inEnvelope = fc
    .tuple(
      fc.constantFrom(...ENVELOPES, ...STATEMENTS),
      fc.constantFrom(
        'keyid',
        'sig',
        'two',
        'none',
        'type',
        'payload',
        'order',
        'compact',
        'extra',
        'swapped',
        'bare',
        'zero',
      ),
    )
    .map(([name, kind]) => ({
      name: `${name}: ${kind}`,
      apply: (directory: string) => {
        const path = join(directory, name);
        const envelope = readJson(path) as { payload: string; payloadType: string; signatures: JsonObject[] };
        const [signature] = envelope.signatures as [JsonObject];
        if (kind === 'keyid') signature.keyid = '0'.repeat(64);
        if (kind === 'sig') signature.sig = (signature.sig as string).replace(/^./, (c) => (c === 'A' ? 'B' : 'A'));
        if (kind === 'zero') signature.sig = Buffer.alloc(64).toString('base64');
        if (kind === 'bare') signature.sig = '';
        if (kind === 'two') envelope.signatures.push({ ...signature });
        if (kind === 'none') envelope.signatures = [];
        if (kind === 'type') envelope.payloadType = 'application/json';
        if (kind === 'payload')
          envelope.payload = Buffer.from(`${Buffer.from(envelope.payload, 'base64')} `).toString('base64');
        if (kind === 'extra') signature.cert = '';
        if (kind === 'swapped') return cpSync(join(directory, ENVELOPES.find((one) => one !== name) as string), path);
        if (kind === 'compact') return writeFileSync(path, JSON.stringify(envelope));
        if (kind === 'order') return writeJson(path, Object.fromEntries(Object.entries(envelope).reverse()));
        writeJson(path, envelope);
      },
    }));
  return [twice, inManifest, inEnvelope];
}
