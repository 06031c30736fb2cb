import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PlatformError } from '../../src/errors.ts';
import { findJdk } from '../../src/platform/local/jdk.ts';
import { graphImage } from './graph-image.ts';
import { harnessImage } from './harness-image.ts';
import { buildImage, layerNames } from './image.ts';
import { imageStore } from './image-store.ts';
import { pauseImage } from './pause-image.ts';
import { cache } from './places.ts';

/** Builds what is not built of the images, and unpacks them for the nodes; returns that directory. */
export async function prepareImages(hyper: string, signal: AbortSignal, say: (line: string) => void): Promise<string> {
  const jdk = findJdk();
  if (!jdk) throw new PlatformError('there is no JDK 17', { hint: 'npm run doctor -- --fix' });
  const images = [pauseImage(hyper), await graphImage(jdk, signal, say), harnessImage()] as const;
  const archives: string[] = [];
  for (const image of images) archives.push(await buildImage(image, say));
  // The harness changes often, and the rest hardly ever.
  const base = await imageStore(archives.slice(0, -1), say);
  const store = await imageStore(archives.slice(-1), say, base);
  prune([...archives, base, store].map((path) => basename(path)).concat(images.flatMap(layerNames)));
  return store;
}

/** What was made for older sources goes: it is large. Clusters that are up have links of their own to what they use. */
function prune(used: readonly string[]): void {
  for (const name of readdirSync(cache())) {
    const isOurs = /^(image|layer|store)-(?!part-)/.test(name);
    if (isOurs && !used.some((one) => name.startsWith(one)))
      rmSync(join(cache(), name), { recursive: true, force: true });
  }
}
