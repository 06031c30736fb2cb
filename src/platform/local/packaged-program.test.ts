import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PlatformError } from '../../errors.ts';
import { fetchProgram, findProgram, sharedFiles, unpackedTo, versionOf } from './packaged-program.ts';

const DRILLER = { programs: ['driller-of-tests', 'driller-by-another-name'], package: 'driller' };
const soon = (): AbortSignal => AbortSignal.timeout(30_000);

let directory = '';
const at = (...names: string[]): string => join(directory, ...names);
const script = (file: string, text: string): void => {
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
};
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-packaged-'));
  for (const name of ['bin', 'cache']) mkdirSync(at(name));
  vi.stubEnv('DRILL_CACHE', at('cache'));
  vi.stubEnv('PATH', at('bin'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

/** An apt that has the package, and a dpkg that unpacks it: into usr/bin and usr/share. */
function packages(): void {
  script(at('bin/apt-get'), 'case "$*" in *download*) : > driller_1.0_amd64.deb;; esac');
  const made = 'usr/bin/driller-by-another-name';
  script(
    at('bin/dpkg-deb'),
    `/bin/mkdir -p "$3/usr/bin" "$3/usr/share/driller"
printf '#!/bin/sh\\necho "driller, version 1.2.3+ds (branch: x)"\\n' > "$3/${made}"
/bin/chmod 755 "$3/${made}"`,
  );
}

test('a program in PATH is taken as it is, by any of its names', async () => {
  script(at('bin/driller-by-another-name'), 'echo "driller, version 9.9"');
  expect(findProgram(DRILLER)).toBe(at('bin/driller-by-another-name'));
  expect(await fetchProgram(DRILLER, soon(), () => {})).toBe(at('bin/driller-by-another-name'));
  expect(versionOf(DRILLER)).toBe('9.9');
  expect(readdirSync(at('cache'))).toEqual([]);
});

test('else its package is unpacked into the cache, once, and what it shares with it', async () => {
  packages();
  const lines: string[] = [];
  expect([findProgram(DRILLER), versionOf(DRILLER)]).toEqual([null, 'not fetched yet']);
  const file = join(unpackedTo(DRILLER), 'usr/bin/driller-by-another-name');
  for (let n = 0; n < 2; n += 1) expect(await fetchProgram(DRILLER, soon(), (line) => lines.push(line))).toBe(file);
  expect(lines).toHaveLength(1);
  expect(versionOf(DRILLER)).toBe('1.2.3+ds');
  expect(readdirSync(at('cache'))).toEqual(['package-driller']);
  expect(sharedFiles(DRILLER, 'driller')).toBe(join(unpackedTo(DRILLER), 'usr/share'));
  expect(sharedFiles(DRILLER, 'nothing')).toBe(null);
});

test.each([
  ['no apt', () => {}, 'there is no apt-get'],
  [
    'one that fails',
    () => script(at('bin/apt-get'), 'echo "E: Unable to locate package driller" >&2; exit 100'),
    'E: Unable',
  ],
  ['one that fetches nothing', () => script(at('bin/apt-get'), ''), 'and fetched nothing'],
])('%s: an error that says what helps, and nothing is left', async (_, make, said) => {
  make();
  const failed = fetchProgram(DRILLER, soon(), () => {});
  await expect(failed).rejects.toThrow(PlatformError);
  await expect(failed).rejects.toThrow(said);
  await expect(failed).rejects.toMatchObject({ hint: expect.stringContaining('in PATH') });
  expect(readdirSync(at('cache'))).toEqual([]);
});
