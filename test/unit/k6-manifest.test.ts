import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { CONFIG_MAP_BYTES, type ManifestOrder, manifestsOf } from '../../k6/runners/manifest.ts';
import { manifestCommand } from '../../k6/runners/manifest-command.ts';
import { InputError } from '../../src/errors.ts';
import { TEST_RUN } from './support/test-run-shape.ts';

const { $defs } = JSON.parse(readFileSync(new URL('./published/kubernetes-1.37.0.json', import.meta.url), 'utf8'));
const validator = (schema: object) =>
  new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile({ $defs, ...schema });
const SHAPES = {
  ConfigMap: validator({ $ref: '#/$defs/io.k8s.api.core.v1.ConfigMap' }),
  TestRun: validator(TEST_RUN),
};

const ORDER: ManifestOrder = {
  name: 'drill-load',
  namespace: null,
  archive: new Uint8Array([1, 2, 3]),
  script: 'load',
  image: 'registry.example:5000/drill/k6:0.2.0',
  parallelism: 4,
  settings: { RATE: '4200', CQL_HOSTS: '10.1.2.3:9042' },
  runId: 'k6-20260131120000',
  secret: null,
  results: 'drill-results',
  scriptClaim: null,
  separate: false,
};
type Env = { name: string; value?: string; valueFrom?: unknown }[];
/** As kubectl reads what is written: YAML 1.1. */
const written = (order: Partial<ManifestOrder>): Record<string, never>[] =>
  manifestsOf({ ...ORDER, ...order }).map((one) => parse(stringify(one, { version: '1.1' }), { version: '1.1' }));
const runOf = (order: Partial<ManifestOrder> = {}): { spec: { script: unknown; runner: { env: Env } } } =>
  written(order).find(({ kind }) => kind === 'TestRun') as never;
const settingOf = (env: Env, name: string): string | undefined => env.find((one) => one.name === name)?.value;
const problemsOf = (one: { kind: keyof typeof SHAPES }) => {
  const validate = SHAPES[one.kind];
  return validate(one) ? null : validate.errors;
};

describe('what k6-operator is given', () => {
  test.each([
    ['one runner', { parallelism: 1, results: null }],
    ['several', {}],
    ['on machines of their own, elsewhere', { separate: true, namespace: 'load' }],
    ['with logins', { settings: { CQL_USER: 'a', GREMLIN_USER: 'b' }, secret: 'drill-k6' }],
    ['with the script on a volume', { scriptClaim: 'scripts', archive: new Uint8Array(2 * CONFIG_MAP_BYTES) }],
  ])('%s: of the shape that it and Kubernetes publish', (_, order) => {
    const documents = written(order) as unknown as { kind: keyof typeof SHAPES }[];
    expect(documents.map((one) => [one.kind, problemsOf(one)])).toEqual([
      ...('scriptClaim' in order ? [] : [['ConfigMap', null]]),
      ['TestRun', null],
    ]);
  });

  test.each([
    ['spec', { ...runOf().spec, timeLimit: '4h' }],
    ['spec', { ...runOf().spec, runner: { ...runOf().spec.runner, privileged: true } }],
    ['spec', { ...runOf().spec, runner: { env: [{ name: 'A', value: false }] } }],
    ['kind', 'K6'],
  ])('a member that is unknown or wrong is seen (%s)', (member, value) => {
    expect(SHAPES.TestRun({ ...runOf(), [member]: value })).toBe(false);
  });

  test('the bundle lies under a flat key, which the run names, unchanged', () => {
    const archive = new Uint8Array([0, 255, 10, 36]);
    const [bundle] = written({ archive }) as unknown as [{ binaryData: Record<string, string>; metadata: object }];
    expect(Object.keys(bundle.binaryData)).toEqual(['load.tar']);
    expect(new Uint8Array(Buffer.from(bundle.binaryData['load.tar'] as string, 'base64'))).toEqual(archive);
    expect(runOf().spec.script).toEqual({ configMap: { name: 'drill-load', file: 'load.tar' } });
  });

  test('runners know how many they are, fetch nothing, report nothing, and remove nothing while others run', () => {
    const { env } = runOf().spec.runner;
    const own = ['RUNNERS', 'RUN_ID', 'CLEAN', 'K6_AUTO_EXTENSION_RESOLUTION', 'K6_NO_USAGE_REPORT'];
    expect(own.map((name) => settingOf(env, name))).toEqual(['4', ORDER.runId, 'no', 'false', 'true']);
    expect(settingOf(runOf({ parallelism: 1 }).spec.runner.env, 'CLEAN')).toBe('yes');
  });

  test('each runner has a file of samples of its own', () => {
    const { env } = runOf().spec.runner;
    expect(env[0]).toEqual({ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } });
    expect(settingOf(env, 'K6_OUT')).toBe('json=/results/drill-load-$(POD_NAME).json.gz');
  });

  test('a password is where it is kept, and nowhere in the manifest', () => {
    const { env } = runOf({ settings: { GREMLIN_USER: 'drill' }, secret: 'drill-k6' }).spec.runner;
    expect(env.filter(({ name }) => name.endsWith('PASSWORD'))).toEqual([
      { name: 'GREMLIN_PASSWORD', valueFrom: { secretKeyRef: { name: 'drill-k6', key: 'GREMLIN_PASSWORD' } } },
    ]);
  });

  test('a setting arrives as it was given, whatever YAML and Kubernetes make of such texts', () => {
    /** Kubernetes: $(NAME) is the value of NAME where there is one, and $$ one $. */
    const expanded = (text: string): string =>
      text.replace(/\$\$|\$\(([^)]*)\)/g, (whole) => (whole === '$$' ? '$' : 'REPLACED'));
    const hostile = fc.oneof(
      fc.string(),
      fc.constantFrom('no', 'on', '1e3', '0x1f', '~', '$(POD_NAME)', '$$(A)', 'a: b', '12:30:00'),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        expect(expanded(settingOf(runOf({ settings: { TARGET: text } }).spec.runner.env, 'TARGET') as string)).toBe(
          text,
        );
      }),
    );
  });
});

describe('what is refused', () => {
  test.each<[string, Partial<ManifestOrder>, RegExp]>([
    ['a name that is none', { name: 'Drill_Load' }, /--name: expected a-z/],
    ['one that leaves no room for the runners’ numbers', { name: 'a'.repeat(51) }, /at most 50 long/],
    ['an image without a version', { image: 'registry.example:5000/k6' }, /--image: expected an image with a version/],
    ['whatever image is the latest', { image: 'k6:latest' }, /not latest/],
    ['no runner', { parallelism: 0 }, /--parallelism/],
    ['half a runner', { parallelism: 1.5 }, /--parallelism/],
    ['runners whose samples go nowhere', { results: null }, /--results: .*no common percentiles/],
    ['a password', { settings: { CQL_PASSWORD: 'hunter2' } }, /CQL_PASSWORD: a secret does not go into a manifest/],
    ['a client’s key', { settings: { GREMLIN_KEY: 'client.pem' } }, /GREMLIN_KEY: a client's key would be bundled/],
    ['a login without a Secret', { settings: { CQL_USER: 'a' } }, /--secret: expected a Secret with CQL_PASSWORD/],
    ['a Secret for nobody', { secret: 'drill' }, /--secret: nothing needs drill/],
    ['other runners than there are', { settings: { RUNNERS: '1' } }, /RUNNERS: is set by the manifest itself/],
    ['other ways of k6', { settings: { K6_OUT: 'csv' } }, /K6_OUT: is set by the manifest itself/],
    [
      'more than a ConfigMap holds',
      { archive: new Uint8Array(CONFIG_MAP_BYTES + 1) },
      /has 1048577 bytes, and a ConfigMap holds 1048576/,
    ],
  ])('%s', (_, order, message) => {
    expect(() => manifestsOf({ ...ORDER, ...order })).toThrow(message);
  });

  test('a secret is not in its own refusal, and what does not fit has a way out', () => {
    const refusal = (order: Partial<ManifestOrder>): InputError => {
      try {
        manifestsOf({ ...ORDER, ...order });
      } catch (error) {
        return error as InputError;
      }
      throw new Error('not refused');
    };
    expect(refusal({ settings: { CQL_PASSWORD: 'hunter2' } }).message).not.toContain('hunter2');
    expect(refusal({ archive: new Uint8Array(CONFIG_MAP_BYTES + 1) }).hint).toContain(
      '--script-claim CLAIM --archive FILE',
    );
    expect(manifestsOf({ ...ORDER, archive: new Uint8Array(CONFIG_MAP_BYTES) })).toHaveLength(2);
  });

  test.each([
    [['load'], /--image: expected the image/],
    [['rush', '--image', 'k6:1'], /expected one of smoke, load/],
    [['load', '--image', 'k6:1', 'RATE'], /expected NAME=VALUE/],
    [['load', '--image', 'k6:1', '--script-claim', 'x'], /expected both or none/],
    [['load', '--image', 'k6:1', '--parallelism', 'four'], /--parallelism: .*got NaN/],
    [['load', '--imag', 'k6:1'], /--imag/],
  ])('on the command line: %j', (args, message) => {
    expect(() => manifestCommand(args, () => {})).toThrow(message);
    expect(() => manifestCommand(args, () => {})).toThrow(InputError);
  });
});
