import { InputError, PlatformError } from '../src/errors.ts';
import { attachLocalPlatform } from '../src/platform/local/local-platform.ts';
import { OUTSIDE_PEER, type Site } from '../src/platform/platform.ts';

const ATTACH_MS = 30_000;

/** Where the load of one site of the platform that is up comes from, and where it goes. */
export interface Place {
  /** Words before a command that put it where clients are. */
  readonly enter: readonly string[];
  readonly site: Site;
  readonly sites: readonly Site[];
}

/** A PlatformError when no platform is up, an InputError when it has no such site. `name` undefined: its first. */
export async function placeOf(name: string | undefined): Promise<Place> {
  await using platform = await attachLocalPlatform(AbortSignal.timeout(ATTACH_MS), { borrowed: true });
  if (!platform) throw new PlatformError('no platform is up', { hint: 'npm run drill -- platform up' });
  const { sites, environment } = platform.facts();
  if (environment === 'production')
    throw new InputError('this platform is in production: load is not put on it from here');
  const site = name === undefined ? sites[0] : sites.find((each) => each.name === name);
  if (!site) throw new InputError(`--site: expected one of ${sites.map((each) => each.name).join(', ')}, got ${name}`);
  return { enter: platform.place(OUTSIDE_PEER), site, sites };
}
