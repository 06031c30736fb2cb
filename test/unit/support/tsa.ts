import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TimestampAuthority } from '../../../src/evidence/timestamp-request.ts';

const CA = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n';

/** A real time stamping authority, by `openssl ts`: a root, a certificate for time stamps under it, and what is wrong with it where something is. */
export class Tsa {
  readonly directory = mkdtempSync(join(tmpdir(), 'drill-tsa-'));
  readonly root = join(this.directory, 'root.pem');

  constructor({
    key = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    extensions = 'extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n',
    rootExtensions = CA,
    past = false,
    ess = 'sha256',
    intermediate = false,
    crowd = 0,
  }: {
    readonly key?: readonly string[];
    readonly extensions?: string;
    readonly rootExtensions?: string;
    /** Its certificate was valid long ago. */
    readonly past?: boolean;
    readonly ess?: string;
    readonly intermediate?: boolean;
    /** So many authorities of one name and one key, which all issue each other and lead nowhere. */
    readonly crowd?: number;
  } = {}) {
    const algorithm = ['-algorithm', ...key];
    this.#certificate('root', 'Test Root', algorithm, rootExtensions);
    if (intermediate) this.#certificate('middle', 'Test Middle', algorithm, rootExtensions, 'root');
    this.#certificate('tsa', 'Test TSA', algorithm, extensions, intermediate ? 'middle' : 'root', past);
    if (crowd > 0) this.#crowd(crowd);
    writeFileSync(this.#at('serial'), '01\n');
    const chain = intermediate || crowd > 0 ? `certs = ${this.#at('middle.pem')}\n` : '';
    writeFileSync(
      this.#at('tsa.cnf'),
      `[tsa]\ndefault_tsa = t\n[t]\nserial = ${this.#at('serial')}\nsigner_cert = ${this.#at('tsa.pem')}\n${chain}signer_key = ${this.#at('tsa.key')}
signer_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = sha256, sha512\naccuracy = secs:1, millisecs:500\nordering = no\ntsa_name = no\ness_cert_id_chain = no\ness_cert_id_alg = ${ess}\n`,
    );
  }

  /** The answer to a request, both DER. */
  answer(request: Uint8Array): Buffer {
    writeFileSync(this.#at('request.tsq'), request);
    this.#openssl(
      'ts',
      '-reply',
      '-config',
      this.#at('tsa.cnf'),
      '-queryfile',
      this.#at('request.tsq'),
      '-out',
      this.#at('answer.tsr'),
    );
    return readFileSync(this.#at('answer.tsr'));
  }

  /** As what asks it. */
  get authority(): TimestampAuthority {
    return { ask: async (request) => this.answer(request) };
  }

  /** What `openssl ts -verify` says of an answer over a file. */
  verifies(data: string, answer: string): boolean {
    try {
      this.#openssl('ts', '-verify', '-data', data, '-in', answer, '-CAfile', this.root);
      return true;
    } catch {
      return false;
    }
  }

  /** The root’s key under other serial numbers: none of them is the root that is given. */
  #crowd(crowd: number): void {
    const pems: string[] = [];
    for (let n = 0; n < crowd; n += 1) {
      this.#certificate('middle', 'Test Root', [], CA, 'root', false, this.#at('root.key'));
      pems.push(readFileSync(this.#at('middle.pem'), 'utf8'));
    }
    writeFileSync(this.#at('middle.pem'), pems.join(''));
    this.#certificate('root', 'Another Root', ['-algorithm', 'ed25519'], CA);
  }

  #at(name: string): string {
    return join(this.directory, name);
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' });
  }

  #certificate(
    name: string,
    subject: string,
    algorithm: readonly string[],
    extensions: string,
    issuer?: string,
    past = false,
    own?: string,
  ): void {
    const key = own ?? this.#at(`${name}.key`);
    if (own === undefined) this.#openssl('genpkey', ...algorithm, '-out', key);
    this.#openssl('req', '-new', '-key', key, '-subj', `/CN=${subject}`, '-out', this.#at(`${name}.csr`));
    writeFileSync(this.#at(`${name}.ext`), extensions);
    const [csr, ext, pem] = ['csr', 'ext', 'pem'].map((ending) => this.#at(`${name}.${ending}`)) as [
      string,
      string,
      string,
    ];
    const signer = this.#at(issuer ?? name);
    if (past) {
      writeFileSync(this.#at('index'), '');
      const ca = `[ca]\ndefault_ca = c\n[c]\ndatabase = ${this.#at('index')}\nnew_certs_dir = ${this.directory}\nrand_serial = yes\ndefault_md = sha256\npolicy = p\n[p]\ncommonName = supplied\n`;
      writeFileSync(this.#at('ca.cnf'), ca);
      const dates = ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'];
      const by = ['-cert', `${signer}.pem`, '-keyfile', `${signer}.key`];
      this.#openssl(
        'ca',
        '-batch',
        '-notext',
        '-config',
        this.#at('ca.cnf'),
        ...dates,
        ...by,
        '-extfile',
        ext,
        '-in',
        csr,
        '-out',
        pem,
      );
      return;
    }
    const by =
      issuer === undefined ? ['-signkey', key] : ['-CA', `${signer}.pem`, '-CAkey', `${signer}.key`, '-CAcreateserial'];
    this.#openssl('x509', '-req', '-in', csr, ...by, '-days', '3650', '-extfile', ext, '-out', pem);
  }
}

/** A server on loopback that answers each POST with what `answer` makes of its body. */
export async function serve(
  answer: (body: Buffer) => Buffer | { readonly status: number },
): Promise<AsyncDisposable & { readonly url: string }> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const made = answer(Buffer.concat(chunks));
      if (Buffer.isBuffer(made)) response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(made);
      else response.writeHead(made.status, { location: '/elsewhere' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/tsr`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
