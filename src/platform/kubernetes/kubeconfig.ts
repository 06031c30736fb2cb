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
    throw new InputError(`the kubeconfig cannot be read: ${messageOf(error)}`, {
      hint: 'KUBECONFIG names the file, or several; without it ~/.kube/config is read',
      cause: error,
    });
  }
  return config;
}

/** The API server of the cluster that this process is in, as its service account may use it. */
export function ownCluster(namespace: string): Cluster {
  const config = new KubeConfig();
  config.loadFromCluster();
  return new Cluster(config, namespace);
}
