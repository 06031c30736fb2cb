import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Platform } from '../../../src/platform/platform.ts';

/** What a server of the platform answers to a GET, as JSON, asked from where its clients are: a test's own process reaches none of its addresses. */
export async function placedFetch(platform: Platform, at: { host: string; port: number } | undefined, path: string) {
  const url = `http://${at?.host}:${at?.port}${path}`;
  const script = `
    const answer = await fetch(process.argv[1]);
    const body = await answer.text();
    if (!answer.ok) throw new Error(answer.status + ' ' + body);
    process.stdout.write(body);`;
  const [file = '', ...args] = [
    ...platform.place('outside'),
    process.execPath,
    '--input-type=module',
    '-e',
    script,
    url,
  ];
  return JSON.parse((await promisify(execFile)(file, args, { maxBuffer: 1 << 24 })).stdout) as unknown;
}
