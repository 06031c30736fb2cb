const kubernetes = (name: string): object => ({ $ref: `#/$defs/io.k8s.api.core.v1.${name}` });
const strict = (properties: object, required: readonly string[] = []): object => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
});
const text = { type: 'string' };
const name = { type: 'string', minLength: 1 };

/**
 * What the manifests use of k6-operator's TestRun (k6.io/v1alpha1), by hand after the types of its API; a member that is not here is an error. For a schema with
 * Kubernetes' `$defs`.
 */
export const TEST_RUN = strict(
  {
    apiVersion: { const: 'k6.io/v1alpha1' },
    kind: { const: 'TestRun' },
    metadata: { $ref: '#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
    spec: strict(
      {
        parallelism: { type: 'integer', minimum: 1 },
        separate: { type: 'boolean' },
        script: {
          oneOf: [
            strict({ configMap: strict({ name, file: name }, ['name']) }, ['configMap']),
            strict({ volumeClaim: strict({ name, file: name, readOnly: { type: 'boolean' } }, ['name']) }, [
              'volumeClaim',
            ]),
          ],
        },
        runner: strict({
          image: text,
          // A text, unlike Kubernetes' own.
          automountServiceAccountToken: text,
          env: { type: 'array', items: kubernetes('EnvVar') },
          resources: kubernetes('ResourceRequirements'),
          securityContext: kubernetes('PodSecurityContext'),
          containerSecurityContext: kubernetes('SecurityContext'),
          volumes: { type: 'array', items: kubernetes('Volume') },
          volumeMounts: { type: 'array', items: kubernetes('VolumeMount') },
        }),
      },
      ['parallelism', 'script'],
    ),
  },
  ['apiVersion', 'kind', 'metadata', 'spec'],
);
