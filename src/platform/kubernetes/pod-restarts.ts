import { PlatformError } from '../../errors.ts';
import type { LoopState, ProcessTarget } from '../platform.ts';
import type { GraphSite } from './graph-site.ts';
import { endPod } from './workloads.ts';

interface Struck {
  readonly site: GraphSite;
  /** By `site component/node` the uid of the pod that was ended. */
  readonly pods: ReadonlyMap<string, string>;
}

/** The pods that were ended so that their controller makes others, by the id of the fault. Nothing of it lasts: whoever made them makes them again. */
export class PodRestarts {
  private readonly struck = new Map<string, Struck>();

  /** Each pod has so long to end by itself. A PlatformError where there is none. */
  async restart(
    id: string,
    site: GraphSite,
    { components, node }: ProcessTarget,
    graceMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const pods = (await site.nodes(components, signal)).filter((one) => node === undefined || one.state.node === node);
    const ended = pods.flatMap(({ state, pod }) =>
      pod?.metadata?.uid === undefined ? [] : [{ name: nodeName(state), uid: pod.metadata.uid, pod }],
    );
    if (ended.length === 0) throw new PlatformError(`${id}: no pod of ${components.join(' and ')} at ${site.site}`);
    this.struck.set(id, { site, pods: new Map(ended.map(({ name, uid }) => [name, uid])) });
    await Promise.all(ended.map(({ pod }) => endPod(site.cluster, pod, graceMs, signal)));
  }

  /** A pod has died when the cluster has none of its uid any more. */
  async observe(signal: AbortSignal): Promise<readonly LoopState[]> {
    return Promise.all(
      [...this.struck].map(async ([id, { site, pods }]) => {
        const there = new Set((await site.allPods(signal)).map(({ metadata }) => metadata?.uid));
        const died = [...pods].filter(([, uid]) => !there.has(uid)).map(([name]) => [name, 1] as const);
        return { id, counts: Object.fromEntries(died), broken: [] };
      }),
    );
  }

  /** It is undone: what was ended is there again. */
  forget(id: string): void {
    this.struck.delete(id);
  }
}

function nodeName({ site, component, node }: { site: string; component: string; node: number }): string {
  return `${site} ${component}/${node}`;
}
