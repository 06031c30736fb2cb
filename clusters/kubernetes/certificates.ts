import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

const DAYS = '3650';
const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];

/** Who a certificate is for. `group` is O, by which Kubernetes knows groups. */
interface Subject {
  readonly name: string;
  readonly group?: string;
  /** Of a server: `IP:…` and `DNS:…`. */
  readonly addresses?: readonly string[];
}

export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** The authority of one cluster, with its files in a directory. */
export class Authority implements KeyPair {
  readonly certificate: string;
  readonly key: string;
  private readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.certificate = join(directory, 'ca.crt');
    this.key = join(directory, 'ca.key');
  }

  static async make(directory: string, name: string): Promise<Authority> {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const made = new Authority(directory);
    const files = ['-keyout', made.key, '-out', made.certificate];
    await run(['openssl', 'req', '-x509', ...CURVE, '-subj', `/CN=${name}`, '-days', DAYS, ...files]);
    return made;
  }

  /** A certificate that is good for servers and for clients. */
  async issue(file: string, { name, group, addresses = [] }: Subject): Promise<KeyPair> {
    const at = (ending: string): string => join(this.directory, `${file}.${ending}`);
    const subject = `${group === undefined ? '' : `/O=${group}`}/CN=${name}`;
    const names = addresses.length > 0 ? `subjectAltName=${addresses.join(',')}\n` : '';
    writeFileSync(at('ext'), `${names}extendedKeyUsage=serverAuth,clientAuth\n`);
    await run(['openssl', 'req', ...CURVE, '-subj', subject, '-keyout', at('key'), '-out', at('csr')]);
    const signed = [
      '-CA',
      this.certificate,
      '-CAkey',
      this.key,
      '-days',
      DAYS,
      '-extfile',
      at('ext'),
      '-out',
      at('crt'),
    ];
    await run(['openssl', 'x509', '-req', '-in', at('csr'), ...signed]);
    return { certificate: at('crt'), key: at('key') };
  }

  /** A pair of keys without a certificate: what service accounts' tokens are signed with. */
  async keys(file: string): Promise<{ readonly private: string; readonly public: string }> {
    const made = { private: join(this.directory, `${file}.key`), public: join(this.directory, `${file}.pub`) };
    await run(['openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', made.private]);
    await run(['openssl', 'ec', '-in', made.private, '-pubout', '-out', made.public]);
    return made;
  }
}
