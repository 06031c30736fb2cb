import { AbortedError, InputError, messageOf } from '../errors.ts';
import type { LocalConfig } from '../platform/local/config.ts';
import { tryKernel } from '../platform/local/kernel.ts';
import {
  attachLocalPlatform,
  localPlatformFacts,
  localPlatformStatus,
  startLocalPlatform,
} from '../platform/local/local-platform.ts';
import type { Platform, PlatformFacts } from '../platform/platform.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { print } from './context.ts';
import { configFor, isOtherThan } from './platform-config.ts';

/** Where the platform of some runs comes from. */
export interface PlatformSource {
  /** What it is that they would run on, and how long it takes to start; touches nothing. */
  look(): Promise<{ readonly facts: PlatformFacts; readonly startMs: number }>;
  /** One that is up stays as it is; one that is started for it goes with it. */
  open(signal: AbortSignal): Promise<Platform>;
}

export interface PlatformFlags {
  /** Configuration of the local platform. */
  readonly config?: string;
  /** A platform file: where a platform on Kubernetes is. */
  readonly platform?: string;
}

const START_MS = 60_000;
const LOOK_MS = 60_000;

/** Of scenarios: a local platform has the stores that they need. InputErrors for files that are wrong, or for both. */
export async function sourceFor(
  { config, platform }: PlatformFlags,
  scenarios: readonly Pick<LoadedScenario, 'scenario'>[],
): Promise<PlatformSource> {
  if (platform === undefined) return localSource(config, configFor(config, scenarios));
  if (config !== undefined)
    throw new InputError('--platform and --config: expected one of them', {
      hint: '--config is of a local platform that is started, --platform of one on Kubernetes that is there',
    });
  return kubernetesSource(platform);
}

/** The drivers of Kubernetes are loaded where they are wanted: they take half a second. */
async function kubernetesSource(path: string): Promise<PlatformSource> {
  const { loadPlatformFile } = await import('../platform/kubernetes/platform-file.ts');
  const { attachKubernetes, readKubernetes } = await import('../platform/kubernetes/kubernetes-platform.ts');
  const file = loadPlatformFile(path);
  return {
    look: async () => ({ facts: await readKubernetes(file, AbortSignal.timeout(LOOK_MS)), startMs: 0 }),
    open: (signal) => attachKubernetes(file, path, signal),
  };
}

/** Each site of a platform file by itself, to be healed. */
export async function sitesOfFile(path: string): Promise<readonly { site: string; open(): Platform }[]> {
  const { loadPlatformFile } = await import('../platform/kubernetes/platform-file.ts');
  const { sitesToRecover } = await import('../platform/kubernetes/kubernetes-platform.ts');
  return sitesToRecover(loadPlatformFile(path), path);
}

function localSource(file: string | undefined, wanted: LocalConfig): PlatformSource {
  return {
    async look() {
      const up = await localPlatformStatus(AbortSignal.timeout(10_000));
      if (up && file !== undefined && isOtherThan(up.config, wanted))
        throw new InputError(`a platform is up that is another than ${file} says`, {
          hint: 'npm run drill -- platform down',
        });
      const facts = localPlatformFacts(up?.config ?? wanted, up?.kernel ?? (await tryKernel()));
      return { facts, startMs: up ? 0 : START_MS };
    },
    open: (signal) => localPlatform(wanted, signal),
  };
}

/** The local platform that is up, left as it is; else one that goes with this process. */
export async function localPlatform(config: LocalConfig, signal: AbortSignal): Promise<Platform> {
  const up = await attachLocalPlatform(signal);
  if (up) return up;
  print('no platform is up: starting one for this run');
  const began = performance.now();
  const platform = await startLocalPlatform({
    config,
    owned: true,
    signal,
    onProgress: (line) => print(`  ${line}`),
  }).catch((error: unknown) => {
    if (signal.aborted) throw new AbortedError(messageOf(signal.reason));
    throw error;
  });
  print(`platform ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return platform;
}
