import { Resolver } from 'node:dns/promises';

/** There is no address for a name. `code` is short: a NameFailure, or `nodata`, `refused`, `unreachable`. */
export class NameError extends Error {
  readonly code: string;

  constructor(name: string, code: string, cause: unknown) {
    super(`${name}: ${code}`, { cause });
    this.code = code;
  }
}

const CODES: ReadonlyMap<string, string> = new Map([
  ['ETIMEOUT', 'silence'],
  ['ECANCELLED', 'silence'],
  ['ESERVFAIL', 'servfail'],
  ['ENOTFOUND', 'nxdomain'],
  ['ENODATA', 'nodata'],
  ['EREFUSED', 'refused'],
  ['ECONNREFUSED', 'unreachable'],
]);

/** Asks one name server once, in a packet of its own, for the IPv4 addresses of a name; a NameError when it has none within `ms`. */
export async function addressesOf(name: string, server: string, ms: number): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: Math.ceil(ms), tries: 1 });
  resolver.setServers([server]);
  // The resolver looks at its own deadline a good while late.
  const timer = setTimeout(() => resolver.cancel(), ms);
  try {
    return await resolver.resolve4(name);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new NameError(name, CODES.get(code) ?? code.toLowerCase(), error);
  } finally {
    clearTimeout(timer);
  }
}

/** The same in one word: an address, or several, or the code of why there is none. */
export async function answerFor(name: string, server: string, ms: number): Promise<string> {
  try {
    return (await addressesOf(name, server, ms)).join(',');
  } catch (error) {
    if (error instanceof NameError) return error.code;
    throw error;
  }
}
