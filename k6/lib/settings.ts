/** What the environment says, checked: a mistyped number must not become another test. */

/** A whole number from the environment. */
export function whole(name: string, usual: number, least: number, most: number): number {
  const text = __ENV[name];
  if (text === undefined || text === '') return usual;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new Error(`${name}: expected a whole number from ${least} to ${most}, got '${text}'`);
  return value;
}

const UNITS = { s: 1, m: 60, h: 3600 } as const;

/** A duration with its unit from the environment, in seconds. */
export function seconds(name: string, usual: string): number {
  const text = __ENV[name] || usual;
  const [, count, unit] = /^(\d+)(s|m|h)$/.exec(text) ?? [];
  const value = Number(count) * UNITS[unit as keyof typeof UNITS];
  if (!(value > 0 && value <= 7 * 24 * 3600))
    throw new Error(`${name}: expected a duration such as 30s, 5m or 2h, at most 168h, got '${text}'`);
  return value;
}

/** One of some words from the environment. */
export function oneOf<T extends string>(name: string, usual: T, words: readonly T[]): T {
  const text = __ENV[name] || usual;
  const word = words.find((each) => each === text);
  if (word === undefined) throw new Error(`${name}: expected one of ${words.join(', ')}, got '${text}'`);
  return word;
}

/** A text from the environment that must be there. */
export function needed(name: string, what: string): string {
  const text = __ENV[name];
  if (!text) throw new Error(`${name}: expected ${what}, got nothing (npm run k6 sets it for the local platform)`);
  return text;
}

/** A login from NAME_USER and NAME_PASSWORD, or none. */
export function login(name: string): { auth?: { username: string; password: string } } {
  const username = __ENV[`${name}_USER`];
  return username ? { auth: { username, password: needed(`${name}_PASSWORD`, 'the password of this user') } } : {};
}

/** TLS from the files of NAME_CA, NAME_CERT and NAME_KEY, and NAME_SERVER_NAME, or none. For the init context. */
export function security(name: string): { tls?: { ca?: string; cert?: string; key?: string; serverName?: string } } {
  const [ca, cert, key] = ['CA', 'CERT', 'KEY'].map((part) => __ENV[`${name}_${part}`]);
  const serverName = __ENV[`${name}_SERVER_NAME`];
  if (!ca && !cert && !key && !serverName) return {};
  return {
    tls: {
      ...(ca && { ca: open(ca) }),
      ...(cert && { cert: open(cert) }),
      ...(key && { key: open(key) }),
      ...(serverName && { serverName }),
    },
  };
}
