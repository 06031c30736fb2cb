import { z } from 'zod';
import { InputError } from '../errors.ts';
import { readGivenFile } from '../given-file.ts';
import { SHOWN } from '../text.ts';

const line = (max: number, what: string) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(SHOWN, { error: `expected ${what} without control characters` });
const file = () => line(4_096, 'the path of a file');

/** Parameters of every probe's connection. Secrets are named, never given: a file's path, or the name of an environment variable. */
export const securityShape = {
  tls: z
    .strictObject({
      ca: file().optional().describe('File with the authority that signed the server, PEM.'),
      cert: file().optional().describe('File with the client certificate, PEM.'),
      key: file().optional().describe('File with the key of the client certificate, PEM.'),
      servername: line(253, 'a host name')
        .optional()
        .describe('Name in the server certificate, where it is not the host.'),
    })
    .optional()
    .describe('TLS towards the database; the server is always verified.'),
  auth: z
    .strictObject({
      username: line(255, 'a name'),
      passwordFile: file().optional().describe('File that holds the password; its last line end is not part of it.'),
      passwordEnv: z
        .string()
        .max(255)
        // In capitals, as such names are: a password put here by mistake is no such name, and what is refused is not printed.
        .regex(/^[A-Z_][A-Z0-9_]*$/, {
          error:
            'expected the name of an environment variable in capitals such as DB_PASSWORD, not the password itself',
        })
        .optional()
        .describe('Environment variable that holds the password.'),
    })
    .refine(({ passwordFile, passwordEnv }) => (passwordFile === undefined) !== (passwordEnv === undefined), {
      message: 'expected one of passwordFile and passwordEnv',
    })
    .optional(),
} as const;

/** What a driver needs; it must never reach a log, a plan or a report. */
export interface Security {
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer; readonly servername?: string };
  readonly auth?: { readonly username: string; readonly password: string };
}

/** Reads what `tls` and `auth` name; an InputError names the file or variable that is missing, never a content. */
export function loadSecurity(
  params: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv = process.env,
): Security {
  const { tls, auth } = z.object(securityShape).parse(params);
  return {
    ...(tls && {
      tls: {
        ...(tls.ca && { ca: readGivenFile(tls.ca) }),
        ...(tls.cert && { cert: readGivenFile(tls.cert) }),
        ...(tls.key && { key: readGivenFile(tls.key) }),
        ...(tls.servername && { servername: tls.servername }),
      },
    }),
    ...(auth && { auth: { username: auth.username, password: password(auth, env) } }),
  };
}

function password(
  auth: { passwordFile?: string | undefined; passwordEnv?: string | undefined },
  env: NodeJS.ProcessEnv,
): string {
  if (auth.passwordFile !== undefined) {
    const held = readGivenFile(auth.passwordFile)
      .toString('utf8')
      .replace(/\r?\n$/, '');
    if (held === '') throw new InputError(`${auth.passwordFile} (auth.passwordFile) holds no password: it is empty`);
    return held;
  }
  const value = env[auth.passwordEnv as string];
  if (!value)
    throw new InputError(`the environment variable ${auth.passwordEnv} (auth.passwordEnv) is empty or not set`);
  return value;
}

/** The names of what is used, for plan.json. */
export function describeSecurity(params: Readonly<Record<string, unknown>>): Readonly<Record<string, boolean>> {
  return { tls: params.tls !== undefined, authentication: params.auth !== undefined };
}
