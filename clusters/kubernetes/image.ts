import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'tar';
import { MTIME, writeLayer } from './layer.ts';
import { cache } from './places.ts';

/** A part of an image, made by `fill` in an empty directory; `digest` is of everything that it is made of. */
export interface Layer {
  readonly name: string;
  readonly digest: string;
  fill(root: string): void | Promise<void>;
}

export interface Image {
  /** Such as `drill.local/graph:1`. */
  readonly reference: string;
  readonly layers: readonly Layer[];
  readonly entrypoint: readonly string[];
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

export function imageDigest({ reference, layers, entrypoint }: Image): string {
  return short(JSON.stringify([reference, entrypoint, PATH, layers.map(({ digest }) => digest)]));
}

/** The image as an archive that `ctr images import` reads, made where it is not there yet. No registry and no Docker is needed for that. */
export async function buildImage(image: Image, say: (line: string) => void): Promise<string> {
  const file = join(cache(), `image-${image.reference.replaceAll(/\W+/g, '-')}-${imageDigest(image)}.tar`);
  if (existsSync(file)) return file;
  say(`image ${image.reference}`);
  const work = mkdtempSync(join(cache(), 'image-part-'));
  try {
    const digests: string[] = [];
    for (const layer of image.layers) {
      const built = await buildLayer(layer);
      digests.push(built.digest);
      linkSync(built.file, join(work, `${built.digest}.tar`));
    }
    const config = JSON.stringify({
      architecture: ARCHITECTURES[process.arch] ?? process.arch,
      os: 'linux',
      created: MTIME.toISOString(),
      config: {
        Env: [`PATH=${PATH}`],
        Entrypoint: image.entrypoint.length > 0 ? image.entrypoint : null,
        WorkingDir: '/',
      },
      rootfs: { type: 'layers', diff_ids: digests.map((digest) => `sha256:${digest}`) },
      history: digests.map(() => ({ created: MTIME.toISOString() })),
    });
    const configName = `${createHash('sha256').update(config).digest('hex')}.json`;
    const layers = digests.map((digest) => `${digest}.tar`);
    writeFileSync(join(work, configName), config);
    writeFileSync(
      join(work, 'manifest.json'),
      JSON.stringify([{ Config: configName, RepoTags: [image.reference], Layers: layers }]),
    );
    const part = join(work, 'image.part');
    // A layer has two names here, and is to stand in the archive under the one that the manifest gives.
    await create({ cwd: work, file: part, portable: true, mtime: MTIME }, [
      'manifest.json',
      configName,
      ...new Set(layers),
    ]);
    renameSync(part, file);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return file;
}

/** Kept by what it is made of: of two layers, mostly only the small one changes. */
export async function buildLayer(layer: Layer): Promise<{ file: string; digest: string }> {
  const prefix = layerName(layer);
  const kept = readdirSync(cache()).find((name) => name.startsWith(`${prefix}.`));
  if (kept) return { file: join(cache(), kept), digest: kept.split('.').at(-2) as string };
  const root = mkdtempSync(join(cache(), 'layer-part-'));
  try {
    await layer.fill(root);
    const part = `${root}.tar`;
    const digest = await writeLayer(root, part);
    const file = join(cache(), `${prefix}.${digest}.tar`);
    renameSync(part, file);
    return { file, digest };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Enough of a digest to tell the contents of a cache apart. */
export function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** How the files of an image's layers begin in the cache. */
export function layerNames({ layers }: Image): readonly string[] {
  return layers.map(layerName);
}

function layerName({ name, digest }: Layer): string {
  return `layer-${name}-${digest}`;
}
