import type { Mask, MaskKind } from './mask.ts';
import { nameKey } from './mask.ts';
import { vocabulary, WORD } from './vocabulary.ts';

export interface KnownName {
  readonly kind: MaskKind;
  readonly name: string;
}

export type RedactText = (text: string) => string;

/** Figures with their units, percentiles, hours and dates of the harness's own records: no names. */
const FIGURE =
  /^(?:\d{1,6}|\d+(?:ns|us|µs|μs|ms|s|min|h|d|x|k|m|g|kb|mb|gb|kib|mib|gib)|p\d{1,3}|\d{8}t\d{6}z|\d{1,2}t\d{1,2}|\d{1,3}z)$/;
/** A known name in a text that is being masked: one character of a private plane, so that what stands around it is seen as it was. */
const FIRST = 0xf0000;
const HELD = /[\u{f0000}-\u{10ffff}]/gu;
/** What a word is made of, and what stands for a name. */
const PART = String.raw`[\p{L}\p{M}\p{N}_\u{f0000}-\u{10ffff}]`;

/** Addresses and absolute paths, whatever is in them. */
const PATTERNS: readonly (readonly [MaskKind, RegExp])[] = [
  ['address', /[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/giu],
  ['address', /[^\s"'<>@/]*[^\s"'<>@/.]@[^\s"'<>@/.]+(?:\.[^\s"'<>@/.]+)*/gu],
  ['address', /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)(?:[:/]\d+)?/gu],
  ['address', /(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:%\w+)?(?![\w:])/giu],
  ['path', new RegExp(String.raw`(?<!${PART}|[.)\]/\\@])(?:~|[a-z]:)?(?:[\\/][^\s\\/"'<>:;,]+)+[\\/]?`, 'giu')],
];
/** Names of hosts, keys, files: labels with dots between them. */
const DOTTED = new RegExp(`(?:${PART}|-)+(?:\\.(?:${PART}|-)+)+`, 'gu');

/**
 * A function that masks a text: names that are known, longest first; then addresses and paths; then every word that is in no text of the harness, and every number
 * of more than six digits. `keep`: exact texts that stay, such as the run's id. Fails closed: what is not known to be harmless is masked.
 */
export function textRedactor(mask: Mask, known: readonly KnownName[], keep: readonly string[]): RedactText {
  const kinds = new Map<string, MaskKind | null>(keep.filter(Boolean).map((text) => [nameKey(text), null]));
  for (const { kind, name } of known)
    if (name.trim() !== '' && !kinds.has(nameKey(name))) kinds.set(nameKey(name), kind);
  const names = [...kinds.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const anyName = names.length === 0 ? null : new RegExp(names.map(bounded).join('|'), 'giu');
  const allowed = (word: string): boolean => FIGURE.test(word) || vocabulary().has(word);

  const words: RedactText = (part) =>
    part.replaceAll(WORD, (word) => {
      const plain = word.toLowerCase();
      if (allowed(plain)) return word;
      return mask.maskOf(/^\d+$/.test(plain) ? 'number' : 'word', word);
    });

  return (text) => {
    const held: { readonly found: string; readonly kind: MaskKind | null }[] = [];
    const heldAt = (one: string) => held[(one.codePointAt(0) ?? 0) - FIRST] ?? { found: '', kind: null };
    /** `found`, as it was before anything was taken out. */
    const hold = (found: string, kind: MaskKind | null): string => {
      const whole = found.replaceAll(HELD, (one) => heldAt(one).found);
      return String.fromCodePoint(FIRST + held.push({ found: whole, kind }) - 1);
    };
    let rest = text.toWellFormed().normalize('NFKC').replaceAll(HELD, '\ufffd');
    if (anyName !== null)
      rest = rest.replaceAll(anyName, (found) =>
        hold(found, kinds.has(nameKey(found)) ? (kinds.get(nameKey(found)) ?? null) : 'word'),
      );
    for (const [kind, pattern] of PATTERNS) rest = rest.replaceAll(pattern, (found) => hold(found, kind));
    rest = rest.replaceAll(DOTTED, (host) => {
      const labels = host.replaceAll(HELD, '').toLowerCase().match(WORD) ?? [];
      return labels.every(allowed) ? host : hold(host, 'host');
    });
    let out = '';
    let from = 0;
    for (const match of rest.matchAll(HELD)) {
      const { found, kind } = heldAt(match[0]);
      out += words(rest.slice(from, match.index)) + (kind === null ? found : mask.maskOf(kind, found));
      from = match.index + match[0].length;
    }
    return out + words(rest.slice(from));
  };
}

/** The name by itself: not within a word, where it begins or ends with one; a number not within another. */
function bounded(name: string): string {
  const [before, after] = [/^[\p{L}\p{M}\p{N}]/u, /[\p{L}\p{M}\p{N}]$/u].map((edge) => edge.test(name));
  const [digitFirst, digitLast] = [/^\d/.test(name), /\d$/.test(name)];
  const inner = name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return [
    before ? '(?<![\\p{L}\\p{M}\\p{N}])' : '',
    digitFirst ? '(?<!\\d[.,])' : '',
    inner,
    after ? '(?![\\p{L}\\p{M}\\p{N}])' : '',
    digitLast ? '(?![.,]\\d)' : '',
  ].join('');
}
