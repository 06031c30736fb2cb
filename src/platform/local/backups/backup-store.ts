import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { PlatformError } from '../../../errors.ts';
import { BUCKET, type MedusaNode } from './medusa.ts';

/** Below the store, without a way out of it. */
const INSIDE = /^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))/;

/** `manifest.json` of a node's backup. `MD5` is in hexadecimal where the store is a directory. */
const manifestSchema = z.array(
  z.object({
    keyspace: z.string(),
    columnfamily: z.string(),
    objects: z.array(z.object({ path: z.string().regex(INSIDE), MD5: z.string(), size: z.int().min(0) })),
  }),
);

export interface Counted {
  readonly files: number;
  readonly bytes: number;
}

/**
 * What a backup of a node has, as it is read again: every file of its manifest is there, has its size and its digest. PlatformErrors name the first
 * that does not. `keyspaces`: of which it must have something.
 */
export async function verifyBackup(
  store: string,
  { site, address }: Pick<MedusaNode, 'site' | 'address'>,
  name: string,
  keyspaces: readonly string[],
): Promise<Counted> {
  const whose = `the backup ${name} of ${site}`;
  const manifest = readManifest(join(store, BUCKET, site, address, name, 'meta/manifest.json'), whose);
  for (const keyspace of keyspaces) {
    const tables = manifest.filter((one) => one.keyspace === keyspace);
    if (!tables.some(({ objects }) => objects.length > 0))
      throw new PlatformError(`${whose} has nothing of the keyspace ${keyspace}`);
  }
  let bytes = 0;
  const objects = manifest.flatMap((one) => one.objects);
  for (const { path, MD5, size } of objects) {
    const file = join(store, BUCKET, path);
    if (!existsSync(file)) throw new PlatformError(`${whose} lacks ${path}`);
    const found = statSync(file).size;
    if (found !== size) throw new PlatformError(`${whose}: ${path} has ${found} bytes, and its manifest says ${size}`);
    if ((await md5Of(file)) !== MD5) throw new PlatformError(`${whose}: ${path} is another than its manifest says`);
    bytes += size;
  }
  return { files: objects.length, bytes };
}

function readManifest(file: string, whose: string): z.infer<typeof manifestSchema> {
  if (!existsSync(file)) throw new PlatformError(`${whose} has no manifest: it was not taken to its end`);
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new PlatformError(`${whose}: its manifest cannot be read`, { cause: error });
  }
}

async function md5Of(file: string): Promise<string> {
  const hash = createHash('md5');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
