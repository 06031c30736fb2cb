import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { replaceFile } from '../durable-file.ts';
import { InputError, messageOf } from '../errors.ts';
import { readGivenFile } from '../given-file.ts';
import { canonicalJson, sha256Hex } from '../history/chain.ts';
import { shown } from '../text.ts';
import { vocabulary } from './vocabulary.ts';

/** What a mask calls the names that it hides: `site-1`, `host-3`. `word`: one that no text of the harness has. */
const KINDS = [
  'scenario',
  'site',
  'host',
  'service',
  'person',
  'ticket',
  'function',
  'address',
  'path',
  'number',
  'word',
] as const;
export type MaskKind = (typeof KINDS)[number];

const maskSchema = z.strictObject({
  schema: z.literal('drill/mask/1'),
  /** 32 random bytes, hex: without them nobody finds out by trying which names have this digest. */
  salt: z.string().regex(/^[0-9a-f]{64}$/),
  /** In the order in which they were met. */
  names: z.array(z.strictObject({ kind: z.enum(KINDS), name: z.string().min(1), mask: z.string() })),
});
type MaskFile = z.infer<typeof maskSchema>;

/** The same name however it is written: case, width, composition. */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().normalize('NFC');
}

/** Which name has which mask. One name has one mask, whatever it names; it grows as names are met. */
export class Mask {
  private readonly salt: string;
  private readonly byName = new Map<string, MaskFile['names'][number]>();
  private readonly used = new Map<string, MaskFile['names'][number]>();
  private readonly counts = new Map<MaskKind, number>();

  constructor(salt: string = randomBytes(32).toString('hex'), names: MaskFile['names'] = []) {
    this.salt = salt;
    for (const one of names) this.add(one);
  }

  maskOf(kind: MaskKind, name: string): string {
    const key = nameKey(name);
    let entry = this.byName.get(key);
    if (entry === undefined) {
      const mask = `${kind}-${(this.counts.get(kind) ?? 0) + 1}`;
      entry = this.add({ kind, name, mask });
    }
    this.used.set(key, entry);
    return entry.mask;
  }

  /** How many names were masked since it was read. */
  get size(): number {
    return this.used.size;
  }

  /** The names that were masked since it was read and are words of the harness's own texts, so that what stands around them may betray them. */
  ordinary(): readonly string[] {
    return [...this.used.values()]
      .map(({ name }) => shown(name))
      .filter((name) => /^\p{L}+$/u.test(name) && vocabulary().has(name.toLowerCase()));
  }

  /** SHA-256 over the salt and every name that was masked since it was read. Who has the file can show that these were the names; nobody else can find them by it. */
  digest(): string {
    const names = [...this.used].map(([key, { mask }]) => [key, mask]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
    return sha256Hex(canonicalJson({ salt: this.salt, names }));
  }

  text(): string {
    const file: MaskFile = { schema: 'drill/mask/1', salt: this.salt, names: [...this.byName.values()] };
    return `${JSON.stringify(file, null, 2)}\n`;
  }

  private add(entry: MaskFile['names'][number]): MaskFile['names'][number] {
    const key = nameKey(entry.name);
    if (this.byName.has(key)) throw new InputError(`a mask has the name ${JSON.stringify(entry.name)} twice`);
    this.byName.set(key, entry);
    const number = Number(entry.mask.slice(entry.kind.length + 1));
    if (entry.mask !== `${entry.kind}-${number}` || !Number.isSafeInteger(number) || number < 1)
      throw new InputError(`a mask has ${JSON.stringify(entry.mask)}: expected ${entry.kind}- and a number`);
    this.counts.set(entry.kind, Math.max(this.counts.get(entry.kind) ?? 0, number));
    return entry;
  }
}

/** The mask in a file, or a new one where there is no such file. An InputError for a file that is none. */
export function readMask(file: string): Mask {
  if (!existsSync(file)) return new Mask();
  try {
    const { salt, names } = maskSchema.parse(JSON.parse(readGivenFile(file, 64_000_000).toString('utf8')));
    if (new Set(names.map(({ mask }) => mask)).size !== names.length) throw new Error('two names have one mask');
    return new Mask(salt, names);
  } catch (error) {
    throw new InputError(`${file}: expected a mask that this command wrote: ${messageOf(error).slice(0, 200)}`, {
      hint: 'give another file; a new one is made where there is none',
      cause: error,
    });
  }
}

/** Of its owner alone: it says what every mask hides. */
export function writeMask(file: string, mask: Mask): void {
  replaceFile(file, mask.text(), 0o600);
}
