/** A way of saying more than a run can show. */
interface Refused {
  readonly pattern: RegExp;
  /** What a report says in its place. */
  readonly instead: string;
}

const REFUSED: readonly Refused[] = [
  {
    pattern: /\b(?:non-?)?compl(?:y|ies|ied|iant|iance)\b/giu,
    instead: 'say which provision the record supports, and how far',
  },
  { pattern: /\bcertif(?:y|ies|ied|ying|ication)\b/giu, instead: 'say what was measured' },
  { pattern: /\baudit[\s-]*(?:ready|proof)\b/giu, instead: 'say what the record holds' },
  { pattern: /\btamper[\s-]*proof\b/giu, instead: 'tamper-evident is what a digest makes it' },
  {
    // The sign of equality in any width, and the words for it.
    pattern: /\b(?:rpo\s*(?:=|＝|:|is|of)\s*(?:0|zero)(?![\d.,]*[1-9])|zero[\s-]+rpo)\b/giu,
    instead: 'none of N acknowledged writes lost, with the bound',
  },
  { pattern: /\bzero[\s-]+(?:data[\s-]*)?loss\b/giu, instead: 'none of N acknowledged writes lost, with the bound' },
  // Only to deny it.
  {
    pattern: /(?<!\b(?:not|no)\s)\btlpt\b/giu,
    instead: 'a chaos run is none (Regulation (EU) 2022/2554, articles 26 and 27)',
  },
];

const PRODUCTION: Refused = {
  pattern: /(?<!-)\bproduction\b(?!-like)/giu,
  instead: 'the environment is another: name it',
};

export interface RefusedWord {
  /** As it stands in the text. */
  readonly word: string;
  readonly instead: string;
}

/**
 * The words in a text that a report must not use: they promise what no run shows. `environment`: of the run, where the text is about one; "production" is refused unless that is what it
 * is. Spaces of every kind, soft hyphens and other widths of letters make no other word of them.
 */
export function refusedWords(text: string, environment: string | null = null): readonly RefusedWord[] {
  const plain = text
    .normalize('NFKC')
    .replaceAll(/[\u00ad\u200b-\u200d\u2060\ufeff]/g, '')
    .replaceAll(/[\u2010-\u2015\u2212]/g, '-');
  const rules = environment === null || isProduction(environment) ? REFUSED : [...REFUSED, PRODUCTION];
  return rules.flatMap(({ pattern, instead }) =>
    [...plain.matchAll(pattern)].map(([word]) => ({ word: word.replaceAll(/\s+/g, ' '), instead })),
  );
}

/** The same of a text about several runs: "production" may stand there where one of them was, and where it is not known of any. */
export function refusedIn(text: string, environments: readonly string[]): readonly RefusedWord[] {
  return refusedWords(text, environments.find(isProduction) ?? environments[0] ?? null);
}

function isProduction(environment: string): boolean {
  return environment.trim().toLowerCase() === 'production';
}
