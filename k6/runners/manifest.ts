import { InputError } from '../../src/errors.ts';

/** What a distributed run is made from. */
export interface ManifestOrder {
  /** Of the TestRun; runners are called NAME-1, NAME-2, … */
  readonly name: string;
  readonly namespace: string | null;
  /** The script and what it imports, as `k6 archive` makes it. */
  readonly archive: Uint8Array;
  readonly script: string;
  readonly image: string;
  readonly parallelism: number;
  /** The scripts' settings, as for `npm run k6`. */
  readonly settings: Readonly<Record<string, string>>;
  readonly runId: string;
  /** A Secret with CQL_PASSWORD or GREMLIN_PASSWORD. */
  readonly secret: string | null;
  /** A PersistentVolumeClaim that every runner writes its samples to. */
  readonly results: string | null;
  /** A PersistentVolumeClaim on which the archive is, as `<script>.tar`, in the place of a ConfigMap. */
  readonly scriptClaim: string | null;
  /** Each runner on a machine of its own. */
  readonly separate: boolean;
}

/** What a ConfigMap can hold (Kubernetes' own limit). */
export const CONFIG_MAP_BYTES = 1 << 20;
const NAME = /^[a-z]([a-z0-9-]{0,48}[a-z0-9])?$/;
const SERVICES = ['CQL', 'GREMLIN'] as const;
const RESULTS = '/results';

/** Kubernetes' objects for k6-operator: a ConfigMap with the archive, unless that is on a volume, and a TestRun (k6.io/v1alpha1). An InputError says what cannot be. */
export function manifestsOf(order: ManifestOrder): readonly object[] {
  check(order);
  const { name, namespace, script, archive, scriptClaim } = order;
  const labels = { 'app.kubernetes.io/name': 'drill-load', 'app.kubernetes.io/instance': name };
  const metadata = { name, ...(namespace !== null && { namespace }), labels };
  const file = `${script}.tar`;
  const run = (where: object) => ({
    apiVersion: 'k6.io/v1alpha1',
    kind: 'TestRun',
    metadata,
    spec: {
      parallelism: order.parallelism,
      ...(order.separate && { separate: true }),
      script: where,
      runner: runnerOf(order),
    },
  });
  if (scriptClaim !== null) return [run({ volumeClaim: { name: scriptClaim, file, readOnly: true } })];
  const bundle = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    binaryData: { [file]: Buffer.from(archive).toString('base64') },
  };
  return [bundle, run({ configMap: { name, file } })];
}

function check({ name, image, parallelism, settings, secret, results, scriptClaim, archive }: ManifestOrder): void {
  if (!NAME.test(name)) throw new InputError(`--name: expected a-z, 0-9 and -, at most 50 long, got '${name}'`);
  if (!/^[\w.-]+(:\d+)?(\/[\w.-]+)*(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/.test(image))
    throw new InputError(`--image: expected an image with a version or a digest, not latest, got '${image}'`);
  if (!Number.isInteger(parallelism) || parallelism < 1 || parallelism > 1000)
    throw new InputError(`--parallelism: expected a whole number from 1 to 1000, got ${parallelism}`);
  if (parallelism > 1 && results === null)
    throw new InputError(
      '--results: expected a PersistentVolumeClaim (ReadWriteMany): several runners have no common percentiles',
      {
        hint: 'each runner writes its samples there, and npm run k6 -- merge makes one result of them',
      },
    );
  for (const setting of Object.keys(settings)) checkSetting(setting);
  const needing = passwordsOf(settings);
  if (needing.length > 0 && secret === null)
    throw new InputError(`--secret: expected a Secret with ${needing.join(' and ')}`, {
      hint: `kubectl create secret generic NAME --from-file=${needing[0]}=FILE`,
    });
  if (needing.length === 0 && secret !== null)
    throw new InputError(`--secret: nothing needs ${secret}: there is neither CQL_USER nor GREMLIN_USER`);
  if (scriptClaim === null && archive.length > CONFIG_MAP_BYTES)
    throw new InputError(`the script has ${archive.length} bytes, and a ConfigMap holds ${CONFIG_MAP_BYTES}`, {
      hint: 'put it on a volume: --script-claim CLAIM --archive FILE writes it to FILE, to be copied there',
    });
}

/** Everybody who may read a manifest sees its settings, and whoever may read the ConfigMap what is bundled. */
function checkSetting(name: string): void {
  if (/PASSWORD|SECRET|TOKEN/.test(name))
    throw new InputError(`${name}: a secret does not go into a manifest`, {
      hint: 'put it into a Secret, and say --secret NAME',
    });
  if (/_(KEY|CERT)$/.test(name))
    throw new InputError(`${name}: a client's key would be bundled, for everybody to read who may read the ConfigMap`);
  if (/^K6_/.test(name) || ['RUNNERS', 'RESULT', 'RUN_ID', 'POD_NAME', 'CLEAN'].includes(name))
    throw new InputError(`${name}: is set by the manifest itself`);
}

/** The passwords that these settings need. */
function passwordsOf(settings: ManifestOrder['settings']): readonly string[] {
  return SERVICES.filter((service) => settings[`${service}_USER`]).map((service) => `${service}_PASSWORD`);
}

function runnerOf({ image, results, ...order }: ManifestOrder): object {
  const volume = results !== null && {
    volumes: [{ name: 'results', persistentVolumeClaim: { claimName: results } }],
    volumeMounts: [{ name: 'results', mountPath: RESULTS }],
  };
  return {
    image,
    env: envOf({ image, results, ...order }),
    automountServiceAccountToken: 'false',
    resources: { requests: { cpu: '1', memory: '1Gi' } },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 12_345,
      runAsGroup: 12_345,
      fsGroup: 12_345,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containerSecurityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    ...volume,
  };
}

function envOf({ name, settings, runId, parallelism, secret, results }: ManifestOrder): readonly object[] {
  // $(POD_NAME) is for Kubernetes to fill in: it must stand before those that name it.
  const pod = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };
  const own = {
    ...{ K6_AUTO_EXTENSION_RESOLUTION: 'false', K6_NO_USAGE_REPORT: 'true' },
    ...{ RUN_ID: runId, RUNNERS: String(parallelism), CLEAN: parallelism > 1 ? 'no' : 'yes' },
    ...(results !== null && {
      K6_OUT: `json=${RESULTS}/${name}-$(POD_NAME).json.gz`,
      RESULT: `${RESULTS}/${name}-$(POD_NAME)-summary.json`,
    }),
  };
  const secrets = passwordsOf(settings).map((key) => ({
    name: key,
    valueFrom: { secretKeyRef: { name: secret, key } },
  }));
  return [pod, ...named(settings, literal), ...named(own, (value) => value), ...secrets];
}

function named(values: Readonly<Record<string, string>>, written: (value: string) => string): readonly object[] {
  return Object.entries(values).map(([name, value]) => ({ name, value: written(value) }));
}

/** Kubernetes replaces $(NAME) in a value, and takes $$ for one $ there. */
function literal(value: string): string {
  return value.replaceAll('$', () => '$$');
}
