import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Makes `dist/` of the harness's own source, and `schema/` of its schemas: nothing in the package is written twice. */
const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '../..');

for (const made of ['dist', 'schema']) rmSync(join(HERE, made), { recursive: true, force: true });
const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '--project', HERE], { stdio: 'inherit' });
if (status !== 0) throw new Error(`tsc: expected exit code 0, got ${status}`);
mkdirSync(join(HERE, 'schema'));
for (const name of ['plan.json', 'report.json', 'journal-line.json', 'expected.json'])
  copyFileSync(join(ROOT, 'schema', name), join(HERE, 'schema', name));
