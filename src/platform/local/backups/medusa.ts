import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PlatformError } from '../../../errors.ts';
import type { BackupMode } from '../../../history/backup.ts';
import { JMX_PORT } from '../cassandra.ts';
import { insideSite } from '../inside-site.ts';

const run = promisify(execFile);

/** The bucket of the store, as an object store would have it. */
export const BUCKET = 'backups';
const COMMAND = 'from medusa.medusacli import cli; cli()';

/** One node of Cassandra, as Medusa has to know it. */
export interface MedusaNode {
  readonly site: string;
  /** The network namespace in which it is; absent: that of its site. */
  readonly inside?: string;
  readonly node: number;
  readonly address: string;
  /** With `cassandra.yaml` in it. */
  readonly directory: string;
}

export type RestoreAs = 'itself' | 'another';

/** What Medusa is run with. */
export interface MedusaSettings {
  readonly python: string;
  /** Directory of the store of backups. */
  readonly store: string;
  /** The command that runs nodetool where it is called. */
  readonly nodetool: readonly string[];
}

/** Medusa at each node, as it runs beside a node of K8ssandra: it takes and places files, and starts and stops nothing. */
export class Medusa {
  private readonly settings: MedusaSettings;

  constructor(settings: MedusaSettings) {
    this.settings = settings;
    mkdirSync(join(settings.store, BUCKET), { recursive: true, mode: 0o700 });
  }

  /** A snapshot of a node that runs, copied into the store. It says that it went well also where it copied nothing: look at what is there. */
  async backup(node: MedusaNode, name: string, mode: BackupMode, signal: AbortSignal): Promise<void> {
    await this.run(node, 'backup', ['backup-node', '--backup-name', name, '--mode', mode], signal);
  }

  /**
   * Puts what a backup has into the directories of a node that does not run. `as`: the node that it was, in its ring; or one of its own, which knows no
   * others.
   */
  async restore(node: MedusaNode, name: string, as: RestoreAs, signal: AbortSignal): Promise<void> {
    const into = [as === 'itself' ? '--in-place' : '--remote', '--temp-dir', this.temporary(node)];
    await this.run(node, 'restore', ['restore-node', '--backup-name', name, ...into], signal);
  }

  private async run(
    node: MedusaNode,
    purpose: 'backup' | 'restore',
    args: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const file = join(node.directory, `medusa-${purpose}.ini`);
    writeFileSync(file, this.ini(node, purpose === 'restore'));
    const [enter, ...rest] = [...insideSite(node.inside ?? node.site), this.settings.python, '-c', COMMAND];
    // Its mark that a backup is under way is a file in the directory for temporary ones: a node must not meet that of another.
    const env = { PATH: process.env.PATH, HOME: node.directory, LANG: 'C.UTF-8', TMPDIR: this.temporary(node) };
    try {
      await run(enter as string, [...rest, '--config-file', file, ...args], {
        cwd: node.directory,
        env,
        signal,
        maxBuffer: 1 << 26,
      });
    } catch (error) {
      signal.throwIfAborted();
      throw new PlatformError(`medusa ${args[0]} of cassandra/${node.node} in ${node.site}: ${saidBy(error)}`, {
        cause: error,
      });
    }
  }

  private temporary(node: MedusaNode): string {
    const directory = join(node.directory, 'medusa-tmp');
    mkdirSync(directory, { recursive: true });
    return directory;
  }

  /** `still`: whoever calls it stops and starts Cassandra, as an operator of Kubernetes does. */
  private ini({ site, node, address, directory }: MedusaNode, still: boolean): string {
    const nodetool = join(directory, 'nodetool');
    writeFileSync(nodetool, `#!/bin/sh\nexec ${this.settings.nodetool.map(quoted).join(' ')} "$@"\n`);
    chmodSync(nodetool, 0o700);
    const sections = {
      cassandra: {
        config_file: join(directory, 'cassandra.yaml'),
        start_cmd: 'true',
        stop_cmd: 'true',
        resolve_ip_addresses: 'False',
        use_sudo: 'False',
        nodetool_executable: nodetool,
        nodetool_host: '127.0.0.1',
        nodetool_port: JMX_PORT + node,
        // Options of the JVM, which its own are: nodetool has no such.
        nodetool_flags: '',
      },
      storage: {
        storage_provider: 'local',
        base_path: this.settings.store,
        bucket_name: BUCKET,
        prefix: site,
        fqdn: address,
        max_backup_age: 0,
        max_backup_count: 0,
        use_sudo_for_restore: 'False',
      },
      checks: { health_check: 'cql' },
      kubernetes: { enabled: still ? 'True' : 'False', cassandra_url: 'None', use_mgmt_api: 'False' },
    };
    return Object.entries(sections)
      .map(([section, values]) =>
        [`[${section}]`, ...Object.entries(values).map(([key, value]) => `${key} = ${value}`), ''].join('\n'),
      )
      .join('\n');
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** The last thing it said that is an error, else the last thing it said. */
function saidBy(error: unknown): string {
  const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  const said = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? String(error);
  return said.trim();
}
