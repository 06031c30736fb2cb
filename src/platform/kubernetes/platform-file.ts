import { z } from 'zod';
import { InputError, messageOf } from '../../errors.ts';
import { readGivenFile } from '../../given-file.ts';
import type { Positions } from '../../scenario/positions.ts';
import { type Problem, problemsError } from '../../scenario/problem.ts';
import { parseYaml } from '../../scenario/yaml-file.ts';
import { OUTSIDE_PEER } from '../platform.ts';

/** RFC 1123 label, as Kubernetes names namespaces and most objects. */
const label = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'expected a name of a-z, 0-9 and -, such as janusgraph-banking');
const text = z.string().min(1).max(253);

const componentSchema = z
  .strictObject({
    selector: text.describe(
      'Labels of its pods and of the StatefulSets that make them, such as app.kubernetes.io/name=cassandra.',
    ),
    service: label.describe('The Service through which clients reach it.'),
    port: z.union([z.int().min(1).max(65_535), label]).describe('The port of that Service: its number or its name.'),
    container: label.optional().describe('The container in which commands are run; absent: the first of the pod.'),
  })
  .describe('How a component is found in the namespace of a site.');

const siteSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,14}$/, 'expected a name of a-z, 0-9 and -, at most 15 long'),
  datacenter: text.describe('Its Cassandra datacenter, as nodetool status names it.'),
  context: text.describe('The context of the kubeconfig.'),
  namespace: label,
  networks: z
    .array(z.cidrv4('expected an IPv4 network such as 10.41.0.0/16'))
    .default([])
    .describe(
      'Of its pods, nodes and services, and of nobody else: what NetworkPolicies cut it by. Empty: it cannot be cut.',
    ),
});

const fileSchema = z
  .strictObject({
    platform: z.literal('kubernetes'),
    name: label.default('kubernetes').describe('What reports call it.'),
    environment: z
      .enum(['laboratory', 'development', 'test', 'staging', 'production'])
      .describe('Where people work with it, nothing runs without ticket, approver and window.'),
    replicationFactor: z.int().min(1).max(9).describe('Copies of each row in each site.'),
    knock: z
      .array(z.string().min(1))
      .min(1)
      .default(['timeout', '1', 'bash', '-c', 'exec 3<>/dev/tcp/$0/$1'])
      .describe(
        'A command of the container of Cassandra that succeeds when it connects: a host and a port come after it.',
      ),
    reach: z
      .enum(['node-port', 'load-balancer', 'cluster-ip'])
      .default('node-port')
      .describe(
        'How clients outside reach the Services: at a node, at their load balancer, or by routes to their own addresses.',
      ),
    components: z.strictObject({ cassandra: componentSchema, janusgraph: componentSchema }),
    sites: z.array(siteSchema).min(1).max(9),
  })
  .describe('Where the harness finds a platform on Kubernetes: one context and namespace for each site.');

/** What the platform file says; each site has a cluster of its own, or a namespace of one. */
export type PlatformFile = z.infer<typeof fileSchema>;
export type SiteFile = PlatformFile['sites'][number];
export type ComponentFile = PlatformFile['components']['cassandra'];

/** Reads a platform file; an InputError names everything that is wrong with it as file:line:column. */
export function loadPlatformFile(file: string): PlatformFile {
  let bytes: Uint8Array;
  try {
    bytes = readGivenFile(file);
  } catch (error) {
    throw new InputError(messageOf(error), {
      hint: '--platform: expected a platform file, such as clusters/kubernetes/platform.yaml',
      cause: error,
    });
  }
  const parsed = parseYaml(bytes, file, { what: 'a platform file', schema: () => fileSchema, rules: siteProblems });
  if (!parsed.ok) throw problemsError(parsed.problems);
  return parsed.value;
}

function siteProblems({ sites }: PlatformFile, positions: Positions): readonly Problem[] {
  const problems: Problem[] = [];
  const once = (field: keyof SiteFile, what: string, of: (site: SiteFile) => string): void => {
    const seen = new Set<string>();
    for (const [i, site] of sites.entries()) {
      if (seen.has(of(site)))
        problems.push(
          positions.atValue(['sites', i, field], `expected another ${what}: a site above has ${site[field]}`),
        );
      seen.add(of(site));
    }
  };
  once('name', 'name', ({ name }) => name);
  once('datacenter', 'datacenter', ({ datacenter }) => datacenter);
  once('namespace', 'context or namespace', ({ context, namespace }) => `${context}/${namespace}`);
  for (const [i, { name }] of sites.entries()) {
    if (name === OUTSIDE_PEER)
      problems.push(positions.atValue(['sites', i, 'name'], `${OUTSIDE_PEER} is where clients are`));
  }
  return problems;
}

/** The JSON Schema of a platform file, for editors. */
export function platformFileJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(fileSchema, { io: 'input', target: 'draft-2020-12' });
  return { $schema, title: 'drill platform on Kubernetes', ...schema };
}
