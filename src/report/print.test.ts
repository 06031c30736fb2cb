import { expect, test } from 'vitest';
import { findBrowser } from './browser.ts';
import { renderPrint } from './html.ts';
import { UNSEALED } from './section-seal.ts';
import { exampleReports } from './testing-all.ts';
import { hostileReport } from './testing-hostile.ts';

const SHA = 'ab'.repeat(32);
const sheet = { run: 'r-1', manifestSha256: SHA };

test('every section and part stands in the contents, once and in its order', () => {
  for (const report of Object.values(exampleReports())) {
    const page = renderPrint(report, UNSEALED, sheet);
    const contents = /<nav class="contents"[\s\S]*?<\/nav>/.exec(page)?.[0] ?? '';
    const listed = [...contents.matchAll(/href="#([a-z-]+)"/g)].map(([, id]) => id);
    const headings = [...page.matchAll(/<h[23](?: class="part")? id="([a-z-]+)"/g)].map(([, id]) => id);
    expect(listed).toEqual(headings);
    expect(listed.length).toBeGreaterThan(12);
  }
});

test('run and digest stand in the margin of every page; what is in a name commands nothing', () => {
  const passing = hostileReport();
  const page = renderPrint(passing, UNSEALED, { run: 'a"}</style><b>\\', manifestSha256: SHA });
  expect(page).toContain(`SHA-256 of manifest.json ${SHA}`);
  expect(page).toContain('run a\\22 \\7d \\3c \\2f style\\3e \\3c b\\3e \\5c ');
  expect(page.match(/<\/style>/g)).toHaveLength(1);
  expect(renderPrint(passing, UNSEALED, { run: 'r', manifestSha256: null })).toContain('not sealed');
  expect(renderPrint(passing, UNSEALED, sheet)).not.toMatch(/<script|<img/i);
});

test('where there is no browser none is found', () => {
  expect(findBrowser('/nowhere')).toBe(process.platform === 'linux' ? null : findBrowser(''));
});
