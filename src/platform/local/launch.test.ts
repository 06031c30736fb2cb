import { expect, test } from 'vitest';
import { whyNotStarted } from './launch.ts';

const MISSING = `node:internal/modules/package_json_reader:314
  throw new ERR_MODULE_NOT_FOUND(packageName, fileURLToPath(base), null);
        ^

Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'dns-packet' imported from /drill/src/platform/local/name-server.ts
    at Object.getPackageJSONURL (node:internal/modules/package_json_reader:314:9) {
  code: 'ERR_MODULE_NOT_FOUND'
}

Node.js v24.9.0
`;

test('a package that is missing is named, with what installs it', () => {
  expect(whyNotStarted(MISSING)).toEqual({
    why: "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'dns-packet' imported from /drill/src/platform/local/name-server.ts",
    hint: 'npm ci',
  });
});

test('what another program said last is quoted', () => {
  expect(whyNotStarted('unshare: write failed /proc/self/uid_map: Operation not permitted\n')).toEqual({
    why: 'unshare: write failed /proc/self/uid_map: Operation not permitted',
    hint: 'npm run doctor -- --fix',
  });
  expect(whyNotStarted('').why).toBe('');
});

test('an error of the supervisor itself is quoted, and not where it was thrown', () => {
  const thrown =
    "file:///drill/a.ts:3\n  throw new TypeError('x');\n\nTypeError: x is not a function\n    at a.ts:3\n\nNode.js v24\n";
  expect(whyNotStarted(thrown).why).toBe('TypeError: x is not a function');
});
