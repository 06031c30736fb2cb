import { mapProvisions } from '../check/dora-map.ts';
import type { Dora, DoraFacts } from '../check/dora-schema.ts';
import type { Report } from '../check/report-schema.ts';

/** Stands where words of a person were. */
export const LEFT_OUT_WORDS = 'left out of this masked report';
/** What breaks a run off with the words of whoever pulled it: `drill stop REASON`. */
const LEVER = 'lever';
const QUOTED = `${LEVER}: `;

/** A text of the harness without the words of whoever pulled the lever, which it quotes to its end. */
export function withoutLever(text: string): string {
  const at = text.indexOf(QUOTED);
  return at === -1 ? text : `${text.slice(0, at + QUOTED.length)}${LEFT_OUT_WORDS}`;
}

/**
 * A report without what was worked out from what people declared, entered and allowed: it would tell of that by itself. What is left is as it was.
 * `withheld`: the places, each once; only those where there was something.
 */
export function withholdDerived(report: Report): { readonly report: Report; readonly withheld: readonly string[] } {
  const { dora } = report;
  if (!dora) return { report, withheld: [] };
  const { critical, memberStates } = dora.declared?.function ?? {};
  const classified = critical !== undefined || memberStates !== undefined;
  const until = dora.authorisation?.to;
  const facts: Dora = {
    ...dora,
    stopConditions: dora.stopConditions.map((one) => (one.limit === until ? { ...one, limit: '' } : one)),
    stopped: dora.stopped.map((one) => (one.condition === LEVER ? { ...one, observed: LEFT_OUT_WORDS } : one)),
    dwell: dora.dwell.map((one) => ({ ...one, required_us: null, met: null })),
    load: dora.load.map((one) => ({ ...one, peak: null, share: null })),
    twoHours: null,
    // The conclusion says whether the function is critical, and a row may rest on it as well.
    classification: classified
      ? { ...dora.classification, criteria: [], conclusion: 'unknown', why: '' }
      : dora.classification,
  };
  const bare: DoraFacts = { ...facts, criteriaSha256: null, authorisation: null, declared: null, entered: null };
  const provisions = keptProvisions(dora, bare, report);
  const places: readonly (readonly [boolean, string])[] = [
    [dora.stopConditions.some(({ limit }) => limit === until), 'dora.stopConditions.limit'],
    [dora.stopped.some(({ condition }) => condition === LEVER), 'dora.stopped.observed'],
    [dora.dwell.some(({ required_us }) => required_us !== null), 'dora.dwell.required_us'],
    [dora.dwell.some(({ met }) => met !== null), 'dora.dwell.met'],
    [dora.load.some(({ peak }) => peak !== null), 'dora.load.peak'],
    [dora.load.some(({ share }) => share !== null), 'dora.load.share'],
    [dora.twoHours !== null, 'dora.twoHours'],
    [classified, 'dora.classification.criteria'],
    [classified, 'dora.classification.conclusion'],
    [provisions.length < dora.provisions.length, 'dora.provisions'],
  ];
  return {
    report: { ...report, dora: { ...facts, provisions } },
    withheld: places.flatMap(([there, place]) => (there ? [place] : [])),
  };
}

/** Rows of the map that say the same whether or not people said anything. A row that this version does not know goes. */
function keptProvisions(dora: Dora, bare: DoraFacts, report: Report): Dora['provisions'] {
  const keys = (facts: DoraFacts): ReadonlyMap<string, string> =>
    new Map(mapProvisions(facts, report).map((row) => [row.provision, JSON.stringify(row)]));
  const [said, unsaid] = [keys(dora), keys(bare)];
  return dora.provisions.filter(({ provision }) => {
    const row = said.get(provision);
    return row !== undefined && row === unsaid.get(provision);
  });
}
