import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PlatformError } from '../../errors.ts';
import { attemptEach } from './attempt-all.ts';
import { JMX_PORT, MODULES } from './cassandra.ts';
import type { Classes } from './component-kind.ts';
import type { LocalConfig } from './config.ts';
import { insideSite } from './inside-site.ts';

const run = promisify(execFile);

interface NodetoolHome {
  readonly java: string;
  readonly classes: Classes;
  /** Where it keeps its configuration and its history: not in the user's home. */
  readonly home: string;
}

/** The words that, put before a node's address and a command, are nodetool. */
export function nodetoolCommand({ java, classes, home }: NodetoolHome): readonly string[] {
  const silence = join(home, 'logback-tools.xml');
  writeFileSync(silence, '<configuration><root level="OFF"/></configuration>\n');
  return [
    java,
    ...MODULES,
    '-Xmx128m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Xshare:auto',
    '-XX:-UsePerfData',
    `-Duser.home=${home}`,
    `-Dlogback.configurationFile=file://${silence}`,
    '-cp',
    classes.jars.join(':'),
    'org.apache.cassandra.tools.NodeTool',
  ];
}

/**
 * Runs nodetool against nodes of a site, one after the other, each whatever becomes of the others; what they printed, joined. `timeoutMs`: of each.
 * `nodes`: their numbers; absent: all.
 */
export async function runNodetool(
  { config, site, java, classes, home }: NodetoolHome & { readonly config: LocalConfig; readonly site: string },
  args: readonly string[],
  timeoutMs = 600_000,
  nodes: readonly number[] = Array.from({ length: config.nodesPerSite }, (_, node) => node),
): Promise<string> {
  const tool = nodetoolCommand({ java, classes, home });
  const said: string[] = [];
  await attemptEach(nodes, async (node) => {
    const [enter, ...command] = [...insideSite(site), ...tool, '-h', '127.0.0.1', '-p', String(JMX_PORT + node)];
    try {
      said.push((await run(enter, [...command, ...args], { timeout: timeoutMs, maxBuffer: 1 << 24 })).stdout);
    } catch (error) {
      const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
      throw new PlatformError(
        `nodetool ${args.join(' ')} of cassandra/${node} in ${site}: ${(stderr || stdout || String(error)).trim()}`,
        {
          cause: error,
        },
      );
    }
  });
  return said.join('');
}
