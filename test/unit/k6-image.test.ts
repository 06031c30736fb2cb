import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { FLAGS } from '../../k6/build.ts';
import { manifestsOf } from '../../k6/runners/manifest.ts';

/** What can be seen of an image without building it. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CONTEXT = join(ROOT, 'k6/ext');
const lines = readFileSync(join(ROOT, 'k6/Dockerfile'), 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '');
const instructions = lines.map((line) => {
  const [word = '', ...rest] = line.split(/\s+/);
  return { word, text: rest.join(' ') };
});
const all = (word: string): readonly string[] =>
  instructions.filter((one) => one.word === word).map(({ text }) => text);
const last = instructions.slice(instructions.findLastIndex(({ word }) => word === 'FROM'));

describe('k6/Dockerfile', () => {
  test('has instructions that there are', () => {
    const known = ['ARG', 'FROM', 'ENV', 'WORKDIR', 'COPY', 'RUN', 'USER', 'ENTRYPOINT'];
    expect(instructions.filter(({ word }) => !known.includes(word))).toEqual([]);
  });

  test('names the version of everything that it starts from', () => {
    const args = Object.fromEntries(all('ARG').map((text) => text.split('=') as [string, string]));
    const images = all('FROM').map((text) =>
      text.replace(/ AS \w+$/, '').replace(/^\$\{(\w+)\}$/, (_, name) => args[name] ?? ''),
    );
    expect(images).toHaveLength(2);
    for (const image of images) expect(image).toMatch(/^[\w./-]+:\d+\.\d+\.\d+/);
  });

  test('builds with a Go that go.mod takes, and fetches no other', () => {
    const wanted = /^go (\d+\.\d+)/m.exec(readFileSync(join(CONTEXT, 'go.mod'), 'utf8'))?.[1];
    expect(all('ARG')[0]).toMatch(new RegExp(`^GO_IMAGE=golang:${wanted}\\.`));
    expect(all('ENV')[0]).toContain('GOTOOLCHAIN=local');
  });

  test('copies what is there', () => {
    const sources = all('COPY')
      .filter((text) => !text.startsWith('--from='))
      .flatMap((text) => text.split(' ').slice(0, -1));
    expect(sources).toEqual(['go.mod', 'go.sum', '.']);
    expect(sources.filter((source) => !existsSync(join(CONTEXT, source)))).toEqual([]);
  });

  test('builds as npm run k6:build does', () => {
    const build = all('RUN').find((text) => text.startsWith('go build'));
    const flags = FLAGS.map((flag) => (flag.includes(' ') ? `'${flag}'` : flag)).join(' ');
    expect(build).toBe(`go build ${flags} -o /out/k6 ./cmd/k6`);
    expect(all('ENV')[0]).toContain('CGO_ENABLED=0');
  });

  test('has a k6 in its path that fetches nothing, reports nothing, and is not root: as the manifests say', () => {
    expect(last.find(({ word }) => word === 'COPY')?.text).toBe('--from=build /out/k6 /usr/bin/k6');
    expect(last.find(({ word }) => word === 'ENV')?.text).toBe(
      'K6_AUTO_EXTENSION_RESOLUTION=false K6_NO_USAGE_REPORT=true',
    );
    const order = {
      name: 'a',
      namespace: null,
      archive: new Uint8Array(),
      script: 'load',
      image: 'k6:1',
      parallelism: 1,
    };
    const rest = { settings: {}, runId: 'k6', secret: null, results: null, scriptClaim: 'claim', separate: false };
    const [run] = manifestsOf({ ...order, ...rest }) as unknown as [
      { spec: { runner: { securityContext: { runAsUser: number } } } },
    ];
    expect(last.find(({ word }) => word === 'USER')?.text).toBe(String(run.spec.runner.securityContext.runAsUser));
    expect(last.at(-1)).toEqual({ word: 'ENTRYPOINT', text: '["k6"]' });
  });
});
