import { readFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Reach {
  /** Files of this repository, from its root, with `/`. */
  readonly files: readonly string[];
  /** Everything else that is imported by name, types excepted. */
  readonly modules: readonly string[];
}

/** What the given files import, directly and through others; with what is imported for its types alone, or without. */
export function reachOf(entries: readonly string[], { types = true } = {}): Reach {
  const files = new Set<string>();
  const modules = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    for (const [, type, stated, dynamic] of readFileSync(resolve(ROOT, file), 'utf8').matchAll(IMPORT)) {
      const name = stated ?? dynamic ?? '';
      if (type !== undefined && !types) continue;
      if (name.startsWith('.')) visit(fromRoot(resolve(ROOT, dirname(file), name)));
      else if (type === undefined) modules.add(name);
    }
  };
  for (const entry of entries) visit(entry);
  return { files: [...files].sort(), modules: [...modules].sort() };
}

/** Static and dynamic imports, and exports from elsewhere. */
const IMPORT = /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|import\(\s*'([^']+)'/gm;

function fromRoot(path: string): string {
  return relative(ROOT, path).split(sep).join('/');
}
