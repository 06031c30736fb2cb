import { expect, test } from 'vitest';
import { type Pod, type Policy, rulesOf } from '../../clusters/kubernetes/policy-rules.ts';

/** The laboratory's own enforcement of NetworkPolicies: what is cut there must be what the policies say. */
function pod(name: string, podIP: string, namespace = 'bank'): Pod {
  return {
    metadata: { namespace, labels: { app: name } },
    spec: { containers: [{ ports: [{ name: 'cql', containerPort: 9042 }] }] },
    status: { podIP, phase: 'Running' },
  };
}

const PODS = [pod('cassandra', '10.41.0.2'), pod('janusgraph', '10.41.0.3'), pod('other', '10.41.0.4', 'default')];

/** The rules of one chain, without what stands in every one. */
function chain(name: 'into' | 'out', spec: Policy['spec'], established: 'cut' | 'keep' = 'cut'): readonly string[] {
  const policies: Policy[] = [{ metadata: { namespace: 'bank' }, spec }];
  const text = rulesOf({ policies, pods: PODS, namespaces: { bank: {}, default: { team: 'x' } }, established });
  const body = new RegExp(`chain ${name} \\{([^}]*(?:\\{[^}]*\\}[^}]*)*?)\\n\\}`).exec(text)?.[1] ?? '';
  const lines = body.split('\n').map((line) => line.replaceAll(/\s+/g, ' ').trim());
  return lines.filter((line) => line !== '' && !line.startsWith('ct '));
}

test('pods that no policy selects are not looked at', () => {
  expect(chain('into', { podSelector: { matchLabels: { app: 'nobody' } } })).toEqual([]);
  const spec = { podSelector: { matchLabels: { app: 'other' } }, ingress: [] };
  expect(chain('into', spec)).toEqual([]);
});

test('without a rule nobody is let through, in the directions that the policy is about', () => {
  const spec = { podSelector: { matchLabels: { app: 'cassandra' } } };
  expect(chain('into', spec)).toEqual(['ip daddr 10.41.0.2 drop']);
  expect(chain('out', spec)).toEqual([]);
  expect(chain('out', { ...spec, policyTypes: ['Egress'] })).toEqual(['ip saddr 10.41.0.2 drop']);
  expect(chain('into', { ...spec, policyTypes: ['Egress'] })).toEqual([]);
});

test('an empty rule lets everybody through, and an empty selector means every pod of the namespace', () => {
  expect(chain('into', { podSelector: {}, ingress: [{}] })).toEqual([
    'ip daddr 10.41.0.2 return',
    'ip daddr 10.41.0.2 drop',
    'ip daddr 10.41.0.3 return',
    'ip daddr 10.41.0.3 drop',
  ]);
});

test('addresses are let through but for their exceptions, at ports by number and by name', () => {
  const spec = {
    podSelector: { matchLabels: { app: 'cassandra' } },
    ingress: [
      {
        from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.42.0.0/16', '172.30.2.0/24'] } }],
        ports: [{ port: 7000, endPort: 7001 }, { port: 'cql' }, { protocol: 'UDP' }],
      },
    ],
  };
  const from = 'ip daddr 10.41.0.2 ip saddr 0.0.0.0/0 ip saddr != { 10.42.0.0/16, 172.30.2.0/24 }';
  expect(chain('into', spec)).toEqual([
    `${from} tcp dport 7000-7001 return`,
    `${from} tcp dport 9042 return`,
    `${from} meta l4proto udp return`,
    'ip daddr 10.41.0.2 drop',
  ]);
});

test('pods are let through by their labels and those of their namespace', () => {
  const podSelector = { matchLabels: { app: 'cassandra' } };
  const said = (...from: NonNullable<NonNullable<Policy['spec']['ingress']>[number]['from']>) =>
    chain('into', { podSelector, ingress: [{ from }] });
  expect(said({ podSelector: { matchLabels: { app: 'janusgraph' } } })[0]).toBe(
    'ip daddr 10.41.0.2 ip saddr { 10.41.0.3 } return',
  );
  expect(said({ namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['x'] }] } })[0]).toBe(
    'ip daddr 10.41.0.2 ip saddr { 10.41.0.4 } return',
  );
  for (const operator of ['DoesNotExist', 'NotIn'] as const)
    expect(said({ namespaceSelector: { matchExpressions: [{ key: 'team', operator, values: ['x'] }] } })[0]).toBe(
      'ip daddr 10.41.0.2 ip saddr { 10.41.0.2, 10.41.0.3 } return',
    );
  // Somebody whom no pod is lets nobody through.
  expect(said({ podSelector: { matchLabels: { app: 'nobody' } } })).toEqual(['ip daddr 10.41.0.2 drop']);
});

test('connections that are there are cut, or kept, as it was asked for', () => {
  const world = { policies: [], pods: [], namespaces: {} };
  expect(rulesOf({ ...world, established: 'cut' })).toContain('ct direction reply return');
  expect(rulesOf({ ...world, established: 'keep' })).toContain('ct state established,related return');
});
