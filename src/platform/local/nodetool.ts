import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PlatformError } from '../../errors.ts';
import { JMX_PORT, MODULES } from './cassandra.ts';
import type { Classes } from './components.ts';
import type { LocalConfig } from './config.ts';

const run = promisify(execFile);

/** Runs nodetool against every node of a site, one after the other; what they printed, joined. */
export async function runNodetool(
  config: LocalConfig,
  site: string,
  java: string,
  classes: Classes,
  args: readonly string[],
): Promise<string> {
  const said: string[] = [];
  for (let node = 0; node < config.nodesPerSite; node += 1) {
    const command = [
      `--net=/run/netns/${site}`,
      java,
      ...MODULES,
      '-Xmx128m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Xshare:auto',
      '-cp',
      classes.jars.join(':'),
      'org.apache.cassandra.tools.NodeTool',
      '-h',
      '127.0.0.1',
      '-p',
      String(JMX_PORT + node),
      ...args,
    ];
    try {
      said.push((await run('nsenter', command, { timeout: 600_000, maxBuffer: 1 << 24 })).stdout);
    } catch (error) {
      const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
      throw new PlatformError(`nodetool ${args.join(' ')} in ${site}: ${(stderr || stdout || String(error)).trim()}`, {
        cause: error,
      });
    }
  }
  return said.join('');
}
