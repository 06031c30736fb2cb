import { setTimeout as sleep } from 'node:timers/promises';
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { nameOf } from './workloads.ts';

const LOOK_MS = 2_000;

/** A container that ended and was started again in its pod: nobody of us does that. */
export interface Death {
  readonly pod: string;
  /** Such as `OOMKilled, exit code 137`. */
  readonly how: string;
}

/** Finds the containers that died in pods that live on, from one look to the next. */
export class PodWatch {
  private readonly restarts = new Map<string, number>();

  /** The deaths since the look before; of the first look there are none. */
  deaths(pods: readonly V1Pod[]): readonly Death[] {
    const found: Death[] = [];
    for (const pod of pods) {
      for (const container of pod.status?.containerStatuses ?? []) {
        const id = `${pod.metadata?.uid}/${container.name}`;
        const before = this.restarts.get(id);
        this.restarts.set(id, container.restartCount);
        if (before !== undefined && container.restartCount > before)
          found.push({ pod: nameOf(pod), how: howItEnded(container) });
      }
    }
    return found;
  }
}

function howItEnded({ lastState, name }: V1ContainerStatus): string {
  const ended = lastState?.terminated;
  return ended ? `${ended.reason ?? name}, exit code ${ended.exitCode}` : `${name} was started again`;
}

/** Looks every two seconds until the signal. What cannot be seen for a while is seen at the next look. */
export async function watchPods(
  look: (signal: AbortSignal) => Promise<readonly V1Pod[]>,
  onDeath: (death: Death) => void,
  signal: AbortSignal,
  everyMs = LOOK_MS,
): Promise<void> {
  const watch = new PodWatch();
  while (!signal.aborted) {
    const pods = await look(signal).catch(() => []);
    for (const death of watch.deaths(pods)) onDeath(death);
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
}
