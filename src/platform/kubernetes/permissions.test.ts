import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { HEALER_RULES, missingPermissions, RUN_RULES, requirePermissions } from './permissions.ts';
import { FakeApiServer } from './testing-api-server.ts';

const within = (): AbortSignal => AbortSignal.timeout(20_000);

interface Role {
  readonly kind: string;
  readonly rules: readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

function roleIn(manifest: string): readonly string[] {
  const file = new URL(`../../../clusters/kubernetes/manifests/${manifest}`, import.meta.url);
  const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as Role);
  const role = documents.find(({ kind }) => kind === 'Role');
  return (role?.rules ?? []).map(({ apiGroups, resources, verbs }) => `${apiGroups} ${resources}: ${verbs}`);
}

test('the roles among the manifests allow what is asked for, and nothing else', () => {
  const said = (rules: typeof RUN_RULES) => rules.map(({ group, resource, verbs }) => `${group} ${resource}: ${verbs}`);
  expect(roleIn('runner-role.yaml')).toEqual(said(RUN_RULES));
  expect(roleIn('healer.yaml')).toEqual(said(HEALER_RULES));
});

test('what is not allowed is said before anything happens, with what it is for', async () => {
  await using server = await FakeApiServer.start();
  expect(await missingPermissions(server.cluster(), RUN_RULES, within())).toEqual([]);
  server.denied.add('patch statefulsets').add('create pods/exec');
  await expect(requirePermissions([server.cluster(), server.cluster('london')], within())).rejects.toThrow(
    /in bank \(context paris\): create pods\/exec \(to run nodetool\), patch statefulsets \(.*\); in bank \(context london\)/,
  );
  expect(new Set(server.requests)).toEqual(new Set(['POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews']));
});
