import { readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { KeyPair } from './certificates.ts';

export interface Access {
  /** Of the context, its cluster and its user. */
  readonly name: string;
  readonly server: string;
  /** The file of the authority's certificate. */
  readonly authority: string;
  readonly user: KeyPair;
}

/** A kubeconfig with one context for each access, and everything in it: it can be copied elsewhere. Only its owner may read it. */
export function writeKubeconfig(file: string, accesses: readonly Access[]): void {
  const base64 = (path: string): string => readFileSync(path).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: accesses.map(({ name, server, authority }) => ({
      name,
      cluster: { server, 'certificate-authority-data': base64(authority) },
    })),
    users: accesses.map(({ name, user }) => ({
      name,
      user: { 'client-certificate-data': base64(user.certificate), 'client-key-data': base64(user.key) },
    })),
    contexts: accesses.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
    'current-context': accesses[0]?.name,
  };
  writeFileSync(file, stringify(config, { lineWidth: 0 }), { mode: 0o600 });
}
