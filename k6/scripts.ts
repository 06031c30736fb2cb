import { InputError } from '../src/errors.ts';

/** Those of k6/*.ts that are run. */
export const SCRIPTS = ['smoke', 'load', 'stress', 'spike', 'soak'];

/** The name of one of k6/*.ts. */
export function requireScript(name: string | undefined): string {
  if (name === undefined || !SCRIPTS.includes(name))
    throw new InputError(`expected one of ${SCRIPTS.join(', ')}, got '${name ?? ''}'`);
  return name;
}

/** Settings as they are given on a command line: NAME=VALUE. */
export function readSettings(words: readonly string[]): Readonly<Record<string, string>> {
  const settings = words.map((word) => /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(word) ?? wrong(word));
  return Object.fromEntries(settings.map(([, name, value]) => [name, value]));
}

function wrong(text: string): never {
  throw new InputError(`expected NAME=VALUE, such as RATE=200, got '${text}'`);
}
