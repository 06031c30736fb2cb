import { describe, expect, test } from 'vitest';
import { renderHtml } from './html.ts';
import { PALETTE } from './palette.ts';
import { renderRepeatHtml } from './repeat.ts';
import { failingReport, passingReport, unknownReport } from './testing.ts';
import { exampleReports } from './testing-all.ts';
import { hostileReport } from './testing-hostile.ts';

const REFUSED = [
  /\bcompliant\b/i,
  /\bcertified\b/i,
  /audit-ready/i,
  /tamper-proof/i,
  /RPO\s*=\s*0/i,
  /\bNaN\b/,
  /\bundefined\b/,
  /\bnull\b/,
  /Infinity/,
];

/** The text a reader sees, without markup and style. */
function visible(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/[\s\u00a0\u202f]+/g, ' ');
}

describe.each(Object.entries(exampleReports()))('the page of a report: %s', (_, report) => {
  const page = renderHtml(report);

  test('is the same to the byte every time', () => {
    renderHtml(passingReport());
    expect(renderHtml(report) === page).toBe(true);
  });

  test('has no script, no handler and nothing from elsewhere', () => {
    expect(page).not.toMatch(/<(script|iframe|object|embed|link|img|base|form|audio|video|image|foreignObject)\b/i);
    // Links to the page's own sections are no elsewhere.
    const own = page.replaceAll(/<a href="#[a-z-]+">/g, '<a>');
    const tags = (own.match(/<[a-zA-Z][^>]*>/g) ?? []).map((tag) => tag.replaceAll(/"[^"]*"/g, '""'));
    expect(tags.filter((tag) => /\s(on\w+|src|href|xlink:href|action|srcset)\s*=/i.test(tag))).toEqual([]);
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
      /url\(\s*['"]?(?!#)|@import|(?:https?:)?\/\/[a-z]+\.[a-z]/i,
    );
    expect(page).toContain(`default-src 'none'`);
  });

  test('never says what a report must not say, nor what a formatter should not', () => {
    for (const refused of REFUSED) expect(page.replaceAll(/<style>[\s\S]*?<\/style>/g, '')).not.toMatch(refused);
  });

  test('is one well-formed tree of tags with unique ids', () => {
    expect(unbalanced(page)).toEqual([]);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    const used = [...page.matchAll(/url\(#([^)]*)\)|aria-labelledby="([^"]*)"/g)].flatMap((match) =>
      (match[1] ?? match[2] ?? '').split(' '),
    );
    expect(used.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test('names every drawing, and draws in colours that the dark has as well', () => {
    for (const svg of page.match(/<svg\b[^>]*>(?:<title|<line|<rect|<circle|)/g) ?? [])
      expect(svg).toMatch(/role="img"|aria-hidden="true"|^<svg>/);
    const known = new Set<string>([
      ...Object.values(PALETTE).map((pair) => pair.light),
      '#000',
      '#000000',
      '#fff',
      'none',
      'currentColor',
    ]);
    const plots = page.replace(/<style>[\s\S]*?<\/style>/, '');
    expect(
      [...plots.matchAll(/ (?:fill|stroke)="([^"]*)"/g)]
        .map((match) => match[1] ?? '')
        .filter((one) => !known.has(one)),
    ).toEqual([]);
  });

  test('stays below 1.5 MB', () => {
    expect(Buffer.byteLength(page)).toBeLessThan(1_500_000);
  });
});

const VOID = new Set(['meta', 'br', 'hr', 'wbr', 'input', '!doctype']);

function unbalanced(page: string): string[] {
  const open: string[] = [];
  for (const match of page.replace(/<style>[\s\S]*?<\/style>/, '').matchAll(/<(\/?)([a-zA-Z!][\w:]*)[^>]*?(\/?)>/g)) {
    const [, closing, name = '', selfClosing] = match;
    if (VOID.has(name.toLowerCase()) || selfClosing === '/') continue;
    if (closing === '') open.push(name);
    else if (open.at(-1) === name) open.pop();
    else return [`</${name}> where ${open.at(-1)} is open`];
  }
  return open;
}

describe('the first screen', () => {
  const upTo = (page: string): string => visible(page.slice(0, page.indexOf('id="scope"')));

  test('says the verdict and the lost writes in the same size', () => {
    const page = renderHtml(failingReport());
    const large = [...page.matchAll(/<div class="large [a-z]+">([\s\S]*?)<\/div>/g)].map((match) =>
      visible(match[1] ?? '').trim(),
    );
    expect(large).toEqual(['\u2715 FAIL', '527']);
    expect(upTo(page)).toContain('of 942 acknowledged writes lost');
  });

  test('says none, never 0, where nothing was lost', () => {
    expect(upTo(renderHtml(passingReport()))).toMatch(/none of 942 acknowledged writes lost/);
  });

  test('says unknown where nothing was read back', () => {
    const text = upTo(renderHtml(unknownReport()));
    expect(text).toMatch(/unknown how many of 942 acknowledged writes lost/);
    expect(text).not.toMatch(/\b0 of 942|none of 942/);
  });

  test('says a range where keys could not be read', () => {
    const { aborted } = exampleReports();
    expect(aborted && upTo(renderHtml(aborted))).toMatch(/12 to 40 of 942 acknowledged writes lost/);
  });

  test('says where the graph is damaged, and the elements stand below by their ids', () => {
    const page = renderHtml(failingReport());
    expect(upTo(page)).toContain('The graph is damaged. 1 acknowledged transaction is damaged.');
    expect(visible(page)).toContain('16781312 4296 8392');
    expect(upTo(renderHtml(passingReport()))).not.toContain('damaged');
  });

  test('never rounds a measurement into its target', () => {
    expect(upTo(renderHtml(passingReport()))).toContain('99.97 ms');
  });
});

test('hostile text is text in every page', () => {
  for (const page of [renderHtml(hostileReport()), renderRepeatHtml([hostileReport()])]) {
    for (const refused of ['<script', '<img', '\u001b', '\u0000']) expect(page).not.toContain(refused);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;]]&gt;');
    expect(unbalanced(page)).toEqual([]);
  }
});
