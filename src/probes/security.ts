import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { InputError, messageOf } from '../errors.ts';

/** Parameters of every probe's connection. Secrets are named, never given: a file's path, or the name of an environment variable. */
export const securityShape = {
  tls: z
    .strictObject({
      ca: z.string().optional().describe('File with the authority that signed the server, PEM.'),
      cert: z.string().optional().describe('File with the client certificate, PEM.'),
      key: z.string().optional().describe('File with the key of the client certificate, PEM.'),
      servername: z.string().optional().describe('Name in the server certificate, where it is not the host.'),
    })
    .optional()
    .describe('TLS towards the database; the server is always verified.'),
  auth: z
    .strictObject({
      username: z.string(),
      passwordFile: z
        .string()
        .optional()
        .describe('File that holds the password; its last line end is not part of it.'),
      passwordEnv: z.string().optional().describe('Environment variable that holds the password.'),
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
        ...(tls.ca && { ca: read(tls.ca) }),
        ...(tls.cert && { cert: read(tls.cert) }),
        ...(tls.key && { key: read(tls.key) }),
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
  if (auth.passwordFile !== undefined)
    return read(auth.passwordFile)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  const value = env[auth.passwordEnv as string];
  if (!value)
    throw new InputError(`the environment variable ${auth.passwordEnv} (auth.passwordEnv) is empty or not set`);
  return value;
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new InputError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

/** The names of what is used, for plan.json. */
export function describeSecurity(params: Readonly<Record<string, unknown>>): Readonly<Record<string, boolean>> {
  return { tls: params.tls !== undefined, authentication: params.auth !== undefined };
}
