import { resolve } from 'node:path';
import { messageOf } from '../errors.ts';
import type { CensusStage } from '../history/census.ts';
import { PROBES } from '../probes/registry.ts';
import { targetsAt } from './reading.ts';
import type { Session } from './session.ts';
import { pause } from './wait.ts';

/** For what was acknowledged last to reach the other sites: it is sent at once, and nothing waits for it. */
const REPLICATED_MS = 3_000;

/**
 * Looks the graph over at every site, where the plan asks for it. One that cannot be looked at is journaled as such: it is no reason to lose
 * the rest of the run.
 */
export async function takeCensus(session: Session, stage: CensusStage, signal: AbortSignal): Promise<void> {
  const { plan, reader, journal, directory } = session;
  if (!plan.integrity.scan) return;
  session.say({ phase: session.phaseNow, text: 'looking the graph over at every site' });
  if (stage === 'after') await pause(REPLICATED_MS, signal);
  const targets = plan.platform.sites.flatMap(({ name }) => {
    // A graph is looked over once, whatever services it has.
    const probes = Map.groupBy(targetsAt(plan, name), ({ probe }) => probe);
    return [...probes.values()].flatMap(([first]) => first ?? []);
  });
  for (const target of targets.filter(({ probe }) => PROBES.get(probe)?.census)) {
    const { probe } = target;
    const site = target.site.name;
    // Whoever writes it may stand in another directory.
    const path = resolve(directory.path, 'graph.csv');
    const { rows, observed } = await reader
      .run({ type: 'census', target, stage, path }, signal)
      .then(({ rows = 0 }) => ({ rows, observed: '' }))
      .catch((error: unknown) => ({ rows: 0, observed: messageOf(error) }));
    signal.throwIfAborted();
    await journal.append('graph-census', { stage, site, probe, rows, complete: observed === '', observed });
  }
}
