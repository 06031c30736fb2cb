import type { BrowserPage } from './browser-page.ts';

/** What of a page that is open cannot be read as it stands, a line each. */
export interface Looks {
  readonly width: number;
  readonly height: number;
  /** Pixels from the top to where the verdict ends. */
  readonly answeredAt: number;
  readonly problems: readonly string[];
}

/**
 * Runs in the page. Texts of a plot that lie on each other, leave it, or are too small; scrollers that no key reaches; text that is cut off; anything beyond the page's
 * right edge that does not scroll by itself.
 */
const LOOK = `(() => {
  const problems = [];
  const shown = (element) => element.getClientRects().length > 0;
  const say = (what, element) => problems.push(what + ': ' + (element.textContent || element.outerHTML).trim().slice(0, 60));
  const rectOf = (element) => element.getBoundingClientRect();
  for (const svg of document.querySelectorAll('svg')) {
    if (!shown(svg)) continue;
    const place = rectOf(svg);
    const texts = [...svg.querySelectorAll('text')].filter(shown).map((text) => [text, rectOf(text)]).filter(([, rect]) => rect.width > 0);
    texts.forEach(([text, a], i) => {
      if (a.height < 9) say('a text of ' + a.height.toFixed(1) + ' pixels', text);
      if (a.left < place.left - 2 || a.right > place.right + 2) say('a text beside its plot', text);
      for (const [other, b] of texts.slice(i + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 0.35 * Math.min(a.height, b.height)) say('two texts on each other', { textContent: text.textContent + ' | ' + other.textContent });
      }
    });
  }
  for (const element of document.querySelectorAll('body *')) {
    if (!shown(element) || element.closest('svg')) continue;
    const style = getComputedStyle(element);
    const scrolls = /auto|scroll/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
    if (scrolls && element.tabIndex < 0) say('scrolls, and by no key', element);
    const cut = /hidden|clip/.test(style.overflowX) && style.clipPath === 'none' && element.scrollWidth > element.clientWidth + 1;
    if (cut) say('is cut off', element);
    if (!element.closest('.scroll') && rectOf(element).right > innerWidth + 1) say('goes beyond the page', element);
    if (element.children.length === 0 && element.textContent.trim() !== '' && parseFloat(style.fontSize) < 11) say('small', element);
  }
  const verdict = document.querySelector('.answer .large');
  return {
    width: document.documentElement.scrollWidth,
    height: document.documentElement.scrollHeight,
    answeredAt: verdict === null ? -1 : rectOf(verdict).bottom,
    problems: [...new Set(problems)].slice(0, 20),
  };
})()`;

export function lookAt(page: BrowserPage): Promise<Looks> {
  return page.evaluate<Looks>(LOOK);
}

const REST_MS = 40_000;

/** The picture of a part of a page once it has come to rest: two in a row that are the same. */
export async function pictureAtRest(page: BrowserPage, width: number, height: number, least: number): Promise<Buffer> {
  const until = performance.now() + REST_MS;
  let before: Buffer = Buffer.alloc(0);
  for (;;) {
    const picture = await page.picture(0, width, height);
    if (picture.length >= least && picture.equals(before)) return picture;
    if (performance.now() > until)
      throw new Error(`the page shows nothing within ${REST_MS / 1000} s: a picture of ${picture.length} bytes`);
    before = picture;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
