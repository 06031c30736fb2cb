import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { type JsonObject, reseal, signWith, unsign } from './bundle.ts';
import { share } from './json-mutations.ts';
import { jsonTamperings } from './json-tamperings.ts';
import { type Around, ENVELOPES, SEALED, STATEMENTS, type Tampering } from './tampering.ts';

const ALL = [...SEALED, 'manifest.json', ...ENVELOPES, 'manifest.tsr', ...STATEMENTS];

/** Looks like a file of the run, and is none. */
const STRANGE = [
  'History.csv',
  'PLAN.JSON',
  'report.json ',
  'report.json.',
  ' report.json',
  'rеport.json',
  'report\u200b.json',
  'report.\u202enosj',
  're\u0301sume\u0301.txt',
  'r\u00e9sum\u00e9.txt',
  'latency/cql-canary-outside.hlo\u0261',
  'ｍanifest.json',
  'Manifest.dsse.json',
  'manifest.dsse.json.bak',
  '.hidden',
  'new directory/file',
  '-rf',
  'a\nb',
  'manifest.json/../x',
  'statements/0004.dsse.json',
  'statements/1.dsse.json',
  'statements/0001.dsse.json.bak',
  'Statements/0001.dsse.json',
  'statements/below/0001.dsse.json',
  'manifest.tsr.old',
];

/** `original` gives the untouched run, which is made before the first is drawn. */
export function tamperings(original: () => string): fc.Arbitrary<Tampering> {
  const size = (name: string): number => readFileSync(join(original(), name)).length;
  const file = fc.constantFrom(...ALL);
  const sealed = fc.constantFrom(...SEALED);
  const at = share;
  const some = fc.uint8Array({ minLength: 1, maxLength: 12 });
  const place = (name: string, share: number): number => Math.floor(share * size(name));

  const splice = (name: string, from: number, drop: number, put: Uint8Array): Tampering => ({
    name: `${name}: ${drop} bytes at ${from} become ${Buffer.from(put).toString('hex')}`,
    unsigned: name === 'manifest.tsr',
    apply: (directory) => {
      const bytes = readFileSync(join(directory, name));
      writeFileSync(join(directory, name), Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + drop)]));
    },
  });

  const flip = fc.tuple(file, at, fc.integer({ min: 1, max: 255 })).map(([name, share, mask]) => {
    const from = place(name, share);
    const was = readFileSync(join(original(), name))[from] as number;
    return splice(name, from, 1, Uint8Array.of(was ^ mask));
  });
  const insert = fc.tuple(file, at, some).map(([name, share, put]) => splice(name, place(name, share), 0, put));
  const cut = fc
    .tuple(file, at, fc.integer({ min: 1, max: 300 }))
    .map(([name, share, drop]) => splice(name, place(name, share), drop, new Uint8Array()));
  const truncate = fc
    .tuple(file, at)
    .map(([name, share]) => splice(name, place(name, share), Number.POSITIVE_INFINITY, new Uint8Array()));
  const append = fc
    .tuple(file, fc.constantFrom(' ', '\n', '\t', '\u0000', '{}', ',', '\ufeff', '\r\n', '// x'))
    .map(([name, text]) => splice(name, size(name), 0, Buffer.from(text)));

  const remove = fc.subarray(ALL, { minLength: 1 }).map((names) => ({
    name: `without ${names.join(', ')}`,
    apply: (directory: string) => {
      for (const name of names) rmSync(join(directory, name));
    },
  }));
  const add = fc
    .tuple(
      fc.constantFrom('', 'latency/', 'logs/'),
      fc.oneof(fc.constantFrom(...STRANGE), fc.stringMatching(/^[a-z\u00e0-\u024f .-]{1,12}[a-z]$/)),
      some,
    )
    .map(([below, name, bytes]) => ({
      name: `with ${JSON.stringify(below + name)}`,
      apply: (directory: string) => {
        const path = join(directory, below + name);
        if (existsSync(path)) rmSync(path, { recursive: true });
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, bytes);
      },
    }));
  const rename = fc.tuple(file, fc.constantFrom(...STRANGE)).map(([name, to]) => ({
    name: `${name} becomes ${JSON.stringify(to)}`,
    apply: (directory: string) => {
      mkdirSync(dirname(join(directory, to)), { recursive: true });
      renameSync(join(directory, name), join(directory, to));
    },
  }));
  const swap = fc
    .tuple(file, file)
    .filter(([a, b]) => a !== b)
    .map(([a, b]) => ({
      name: `${a} and ${b} changed places`,
      apply: (directory: string) => {
        const [one, two] = [a, b].map((name) => readFileSync(join(directory, name))) as [Buffer, Buffer];
        writeFileSync(join(directory, a), two);
        writeFileSync(join(directory, b), one);
      },
    }));
  const link = fc
    .tuple(
      file,
      fc.constantFrom('same bytes outside', 'itself', 'nothing', 'another file', 'hard', 'hard extra', 'directory'),
    )
    .map(([name, kind]) => ({
      name: `${name}: a link (${kind})`,
      apply: (directory: string, { outside }: Around) => {
        const path = join(directory, name);
        const elsewhere = join(outside, `elsewhere-${process.hrtime.bigint()}`);
        const another = join(directory, name === 'history.csv' ? 'plan.json' : 'history.csv');
        if (kind === 'hard extra') return linkSync(path, `${path}.also`);
        if (kind === 'directory') return symlinkSync(outside, join(directory, 'more'));
        cpSync(path, elsewhere);
        rmSync(path);
        if (kind === 'hard') return linkSync(another, path);
        const targets = { 'same bytes outside': elsewhere, itself: path, nothing: `${elsewhere}-not` };
        symlinkSync(targets[kind as keyof typeof targets] ?? another, path);
      },
    }));
  const directoryInstead = fc.tuple(file, fc.boolean()).map(([name, full]) => ({
    name: `${name}: a directory`,
    apply: (directory: string) => {
      const path = join(directory, name);
      const bytes = readFileSync(path);
      rmSync(path);
      mkdirSync(path);
      if (full) writeFileSync(join(path, 'file'), bytes);
    },
  }));
  const fromOther = fc.subarray(ALL, { minLength: 1, maxLength: ALL.length - 1 }).map((names) => ({
    name: `of another run: ${names.join(', ')}`,
    apply: (directory: string, { other }: Around) => {
      let changed = false;
      for (const name of names) {
        changed ||= !readFileSync(join(other, name)).equals(readFileSync(join(directory, name)));
        cpSync(join(other, name), join(directory, name));
      }
      // All that differs may have been among them: then it is the other run, whole.
      const whole = ALL.every((name) => readFileSync(join(other, name)).equals(readFileSync(join(directory, name))));
      fc.pre(changed && !whole);
    },
  }));
  const renumbered = fc.nat(STATEMENTS.length - 2).map((at) => ({
    name: `without ${STATEMENTS[at]}, and those after it in its place`,
    apply: (directory: string) => {
      for (const [index, name] of STATEMENTS.entries())
        if (index > at) renameSync(join(directory, name), join(directory, STATEMENTS[index - 1] as string));
    },
  }));
  const journal = fc
    .tuple(fc.constantFrom('swap', 'drop', 'double', 'edit', 'edit and hash', 'insert'), at, at, fc.boolean())
    .map(([kind, a, b, sealedAgain]) => ({
      name: `journal: ${kind}${sealedAgain ? ', sealed again' : ''}`,
      apply: (directory: string) => {
        const path = join(directory, 'journal.ndjson');
        const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
        const [i, j] = [a, b].map((share) => Math.floor(share * lines.length)) as [number, number];
        const line = lines[i] as string;
        if (kind === 'swap') {
          fc.pre(i !== j);
          [lines[i], lines[j]] = [lines[j] as string, line];
        } else if (kind === 'drop') lines.splice(i, 1);
        else if (kind === 'double') lines.splice(j, 0, line);
        else if (kind === 'insert') lines.splice(j, 0, '');
        else {
          const event = JSON.parse(line) as JsonObject;
          lines[i] = JSON.stringify({ ...event, at_us: (event.at_us as number) + 1 });
        }
        writeFileSync(path, `${lines.join('\n')}\n`);
        // A last line that is no event has no hash to seal.
        if (sealedAgain && lines.at(-1) !== '') reseal(directory);
      },
    }));
  const forged = fc
    .tuple(sealed, at, fc.constantFrom('reseal', 'reseal, unsigned', 'reseal, signed by a stranger'))
    .map(([name, share, how]) => ({
      name: `${name} edited (${how})`,
      apply: async (directory: string, { stranger }: Around) => {
        const path = join(directory, name);
        const bytes = readFileSync(path);
        const text = bytes.toString('latin1');
        // A digit for another: what is parsed is parsed still.
        const from = text.slice(Math.floor(share * text.length)).search(/[0-9]/) + Math.floor(share * text.length);
        fc.pre(/[0-9]/.test(text[from] ?? ''));
        bytes[from] = text[from] === '7' ? 0x38 : 0x37;
        writeFileSync(path, bytes);
        try {
          reseal(directory);
        } catch {
          // The journal's last line.
        }
        if (how === 'reseal') return;
        unsign(directory);
        if (how !== 'reseal, unsigned') await signWith(stranger, directory).catch(() => {});
      },
    }));
  return fc.oneof(
    { weight: 3, arbitrary: flip },
    insert,
    cut,
    truncate,
    append,
    remove,
    add,
    rename,
    swap,
    link,
    directoryInstead,
    fromOther,
    renumbered,
    journal,
    forged,
    ...jsonTamperings(),
  );
}
