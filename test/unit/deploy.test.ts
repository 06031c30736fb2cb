import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

/** Workflows and manifests, by the schemas that their systems publish (test/unit/published/README.md says where they are from). */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const published = (name: string) => JSON.parse(readFileSync(join(ROOT, 'test/unit/published', name), 'utf8'));
const documentsOf = (file: string) =>
  parseAllDocuments(readFileSync(join(ROOT, file), 'utf8')).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
const LENIENT = { strict: false, validateFormats: false, allErrors: true };

/** A schema of Kubernetes' kind, in which a member that is not named is an error unless it says otherwise. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, strict(value)]));
  const open =
    !('properties' in schema) || 'x-kubernetes-preserve-unknown-fields' in schema || 'additionalProperties' in schema;
  return open ? inner : { ...inner, additionalProperties: false };
}

describe('deploy/tekton/exercise.yaml', () => {
  const { task, taskrun } = published('tekton-1.6.0.json');
  const [Task, TaskRun] = [task, taskrun].map((schema) => new Ajv(LENIENT).compile(strict(schema) as object));
  const [first, second] = documentsOf('deploy/tekton/exercise.yaml');

  test('is a task and a run of it, as Tekton has them', () => {
    expect([first.kind, Task?.(first) ? null : Task?.errors]).toEqual(['Task', null]);
    expect([second.kind, TaskRun?.(second) ? null : TaskRun?.errors]).toEqual(['TaskRun', null]);
    expect(second.spec.taskRef.name).toBe(first.metadata.name);
  });

  test('a member that Tekton does not know is seen', () => {
    expect(Task?.({ ...first, spec: { ...first.spec, timeLimit: '4h' } })).toBe(false);
  });

  test('every parameter and workspace that is used is declared, and a run gives what has no default', () => {
    const { params, workspaces, steps } = first.spec;
    const used = [...JSON.stringify(steps).matchAll(/\$\((params|workspaces)\.([a-z]+)/g)].map(
      ([, kind, name]) => `${kind}.${name}`,
    );
    const declared = [
      ...params.map(({ name }: { name: string }) => `params.${name}`),
      ...workspaces.map(({ name }: { name: string }) => `workspaces.${name}`),
    ];
    expect(used.filter((name) => !declared.includes(name))).toEqual([]);
    expect(second.spec.workspaces.map(({ name }: { name: string }) => name)).toEqual(
      workspaces.map(({ name }: { name: string }) => name),
    );
  });
});

describe('deploy/kubernetes/nightly.yaml', () => {
  const { $defs } = published('kubernetes-1.37.0.json');
  const KINDS: Readonly<Record<string, string>> = {
    Namespace: 'io.k8s.api.core.v1.Namespace',
    PersistentVolumeClaim: 'io.k8s.api.core.v1.PersistentVolumeClaim',
    CronJob: 'io.k8s.api.batch.v1.CronJob',
  };
  const problemsOf = (document: { kind: string }) => {
    const validate = new Ajv2020(LENIENT).compile({ $defs, $ref: `#/$defs/${KINDS[document.kind]}` });
    return validate(document) ? null : validate.errors;
  };
  const documents = documentsOf('deploy/kubernetes/nightly.yaml');
  const job = documents.at(-1).spec.jobTemplate.spec;

  test('is a namespace, a volume and a CronJob, as Kubernetes has them', () => {
    expect(documents.map((document) => [document.kind, problemsOf(document)])).toEqual([
      ['Namespace', null],
      ['PersistentVolumeClaim', null],
      ['CronJob', null],
    ]);
  });

  test('a member that Kubernetes does not know is seen', () => {
    const cron = documents.at(-1);
    expect(problemsOf({ ...cron, spec: { ...cron.spec, timeLimit: 4 } })).not.toBeNull();
  });

  test('one at a time, none is tried again, nobody gets the cluster’s token, and no privilege', () => {
    const [container] = job.template.spec.containers;
    expect(documents.at(-1).spec.concurrencyPolicy).toBe('Forbid');
    expect([job.backoffLimit, job.template.spec.automountServiceAccountToken]).toEqual([0, false]);
    expect(container.securityContext).toMatchObject({ allowPrivilegeEscalation: false });
    expect(JSON.stringify(job)).not.toContain('privileged');
  });
});

describe('workflows', () => {
  const names = readdirSync(join(ROOT, '.github/workflows'));
  const workflows = names.map(
    (name) => [name, parse(readFileSync(join(ROOT, '.github/workflows', name), 'utf8'))] as const,
  );
  const named = (name: string) => workflows.find(([own]) => own === name)?.[1];
  const exercises = readdirSync(join(ROOT, 'drills')).map((file) => file.replace(/\.yaml$/, ''));

  test.each(['nightly', 'monthly'])(
    '%s carries out its exercise, one at a time, and may read the repository only',
    (name) => {
      const { on, permissions, concurrency, jobs } = named(`${name}.yml`);
      expect(on.schedule).toHaveLength(1);
      expect(permissions).toEqual({ contents: 'read' });
      expect(concurrency).toEqual({ group: 'drill', 'cancel-in-progress': false });
      expect(jobs.exercise.uses).toBe('./.github/workflows/exercise.yml');
      expect(jobs.exercise.with.exercise).toBe(name);
      expect(exercises).toContain(name);
    },
  );

  test('the exercise ends before its job does; what heals and what keeps the bundle comes after it, whatever came of it', () => {
    const { permissions, concurrency, jobs } = named('exercise.yml');
    const { steps, 'timeout-minutes': limit } = jobs.exercise;
    // A group of its own would wait for the workflow that calls it.
    expect([permissions, concurrency]).toEqual([{ contents: 'read' }, undefined]);
    for (const name of ['nightly.yml', 'monthly.yml'])
      expect(named(name).jobs.exercise.with.minutes).toBeLessThan(limit - 30);
    const at = steps.findIndex(({ name }: { name?: string }) => name === 'exercise');
    expect(at).toBeGreaterThan(0);
    const after: { if?: string; run?: string; uses?: string }[] = steps.slice(at + 1);
    expect(after.map((step) => step.if)).toEqual(after.map(() => 'always()'));
    expect(after.some(({ run }) => run === 'npm run drill -- recover')).toBe(true);
    expect(after.at(-1)?.uses).toMatch(/^actions\/upload-artifact@/);
  });

  test('the key is seen by the step that signs, and by no other', () => {
    const { steps } = named('exercise.yml').jobs.exercise;
    const seen = steps.filter((step: unknown) => JSON.stringify(step).includes('secrets.'));
    expect(seen.map(({ name }: { name: string }) => name)).toEqual(['exercise']);
  });

  test('nothing of GitHub’s is put into a script: it goes through the environment', () => {
    for (const [name, { jobs }] of workflows) {
      const scripts = Object.values(jobs).flatMap((job) =>
        ((job as { steps?: { run?: string }[] }).steps ?? []).map(({ run = '' }) => run),
      );
      expect([name, scripts.filter((script) => script.includes('${{'))]).toEqual([name, []]);
    }
  });
});
