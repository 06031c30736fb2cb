import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { replaceFile } from '../../../durable-file.ts';
import { messageOf, PlatformError } from '../../../errors.ts';
import type { Counted } from './backup-store.ts';

/** Every file of a repository, as it was once its snapshot had been restored; the digest is SHA-256 in hexadecimal. */
const listSchema = z.record(z.string(), z.strictObject({ size: z.int().min(0), sha256: z.string() }));

/** Where the snapshots of a platform are whose data is in this directory. */
export function snapshotsIn(dataDirectory: string): string {
  return join(dataDirectory, 'snapshots');
}

/** Says what every file of a repository is, in a file beside it. */
export async function listFiles(repository: string): Promise<Counted> {
  const list: z.infer<typeof listSchema> = {};
  for (const path of filesOf(repository))
    list[path] = { size: statSync(join(repository, path)).size, sha256: await sha256Of(join(repository, path)) };
  replaceFile(listOf(repository), JSON.stringify(list), 0o600);
  return counted(list);
}

/** What a repository has, as it is read again. PlatformErrors, which begin with `whose`, name the first file that is not what it was. */
export async function verifyFiles(repository: string, whose: string): Promise<Counted> {
  const list = readList(repository, whose);
  for (const [path, { size, sha256 }] of Object.entries(list)) {
    const file = join(repository, path);
    if (!existsSync(file)) throw new PlatformError(`${whose} lacks ${path}`);
    const found = statSync(file).size;
    if (found !== size)
      throw new PlatformError(`${whose}: ${path} has ${found} bytes, and had ${size} when it was taken`);
    if ((await sha256Of(file)) !== sha256)
      throw new PlatformError(`${whose}: ${path} is another than it was when it was taken`);
  }
  return counted(list);
}

function readList(repository: string, whose: string): z.infer<typeof listSchema> {
  const file = listOf(repository);
  if (!existsSync(file)) throw new PlatformError(`${whose} was not taken to its end`);
  try {
    return listSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new PlatformError(`${whose}: the list of its files cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function listOf(repository: string): string {
  return `${repository}.files.json`;
}

/** With `/` between their parts. */
function filesOf(repository: string): readonly string[] {
  const entries = readdirSync(repository, { recursive: true, withFileTypes: true });
  return entries
    .filter((one) => one.isFile())
    .map((one) => relative(repository, join(one.parentPath, one.name)).split(sep).join('/'))
    .sort();
}

function counted(list: z.infer<typeof listSchema>): Counted {
  const files = Object.values(list);
  return { files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
