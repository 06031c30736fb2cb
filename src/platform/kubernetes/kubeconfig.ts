import { KubeConfig } from '@kubernetes/client-node';
import { InputError, messageOf } from '../../errors.ts';
import { didYouMean } from '../../scenario/nearest.ts';
import { Cluster } from './cluster.ts';

/**
 * The API servers of contexts and namespaces of the user's kubeconfig (KUBECONFIG, else ~/.kube/config), in their order. InputErrors: there is none, it
 * cannot be read, it has no context of a name.
 */
export function clustersOf(
  wanted: readonly { readonly context: string; readonly namespace: string }[],
): readonly Cluster[] {
  const all = loadKubeconfig();
  return wanted.map(({ context, namespace }) => {
    const known = all.getContexts().map(({ name }) => name);
    if (!known.includes(context))
      throw new InputError(`the kubeconfig has no context ${JSON.stringify(context)}${didYouMean(context, known)}`, {
        hint: `it has ${known.join(', ') || 'none'}; KUBECONFIG names the file, or several`,
      });
    const config = new KubeConfig();
    config.mergeConfig(all);
    config.setCurrentContext(context);
    return new Cluster(config, namespace);
  });
}

function loadKubeconfig(): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (error) {
    throw new InputError(`the kubeconfig cannot be read: ${reasonOf(error)}`, {
      hint: 'KUBECONFIG names the file, or several; without it ~/.kube/config is read',
    });
  }
  return config;
}

/** Without the lines around a mistake, which a parser of YAML shows, and which may hold a token. */
function reasonOf(error: unknown): string {
  const { reason, mark } = error as { reason?: unknown; mark?: { line?: number } };
  if (typeof reason === 'string') return `line ${(mark?.line ?? 0) + 1}: ${reason}`;
  return (error as NodeJS.ErrnoException).code === undefined ? 'it is no kubeconfig' : messageOf(error);
}

/** The API server of the cluster that this process is in, as its service account may use it. */
export function ownCluster(namespace: string): Cluster {
  const config = new KubeConfig();
  config.loadFromCluster();
  return new Cluster(config, namespace);
}
