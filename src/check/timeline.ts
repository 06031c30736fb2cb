import { formatDuration } from '../duration.ts';
import type { EventData, JournalEvent } from '../history/event.ts';
import { eventsOf } from '../history/read-journal.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import { struckSites } from '../scenario/struck-sites.ts';
import type { Report } from './report-schema.ts';

type Timeline = Report['timeline'];

/** Each phase until the next one begins. */
export function phasesOf(events: readonly JournalEvent[], endUs: number): Timeline['phases'] {
  const phases = eventsOf(events, 'phase');
  return phases.map(({ data, at_us }, index) => ({
    phase: data.phase,
    from_us: at_us,
    to_us: phases[index + 1]?.at_us ?? Math.max(at_us, endUs),
  }));
}

/** The events that a reader of a timeline looks for, each in one line. */
export function eventLines(events: readonly JournalEvent[]): Timeline['events'] {
  return events.flatMap((event) => {
    const text = textOf(event);
    return text === null ? [] : [{ at_us: event.at_us, type: event.type, text }];
  });
}

function textOf(event: JournalEvent): string | null {
  switch (event.type) {
    case 'canary-injected':
      return `canary of ${event.data.probe}: ${event.data.deleted.length} keys deleted`;
    case 'backup-taken':
      return `the backup ${event.data.backup} is whole, begun ${formatDuration(event.at_us - event.data.from_us)} before`;
    case 'restore-tested':
      return `the backup ${event.data.backup} of ${event.data.site} was restored beside the platform, and ${event.data.asked} keys read there`;
    case 'restored':
      return `restored from ${event.data.backup} after ${event.data.fault}`;
    case 'fault-requested':
      return `${event.data.fault} requested: ${event.data.type} of ${struck(event.data)}`;
    case 'fault-effective':
      return `${event.data.fault} effective`;
    case 'fault-lapsed':
      return `${event.data.fault} lapsed`;
    case 'fault-release-requested':
      return `end of ${event.data.fault} requested`;
    case 'fault-gone':
      return `${event.data.fault} gone`;
    case 'detected':
      return `${event.data.fault} detected by ${event.data.detector}${event.data.simulated ? ' (simulated)' : ''}`;
    case 'failover':
    case 'failback':
      return `${event.data.service}: ${event.data.from} → ${event.data.to} (${event.data.reason})`;
    case 'stop-condition':
      return `${event.data.condition}: ${event.data.observed}`;
    case 'platform-event':
      return `${event.data.kind}: ${event.data.what}`;
    case 'read-back-done':
      return `${event.data.asked} keys of ${event.data.probe} at ${event.data.site}, stage ${event.data.stage}${event.data.complete ? '' : ', given up'}`;
    case 'later-read':
      return `${event.data.asked} keys of ${event.data.probe} that were acknowledged since the disaster read at ${event.data.site}${event.data.complete ? '' : ', given up'}`;
    case 'graph-census':
      return `graph looked over at ${event.data.site}, ${event.data.stage} the run${event.data.complete ? '' : `: ${event.data.observed}`}`;
    case 'hints-delivered':
      return event.data.settled ? 'hints delivered' : 'hints not seen to be delivered';
    case 'repaired':
      return event.data.ok ? 'repaired' : 'repair failed';
    case 'stall':
      return `the harness stalled (${event.data.client}, ${event.data.cause})`;
    case 'run-ended':
      return `run ${event.data.outcome}${event.data.reason === '' ? '' : `: ${event.data.reason}`}`;
    default:
      return null;
  }
}

/** A record of another tool may say nothing of parameters. */
function struck({ target, params }: EventData['fault-requested']): string {
  return struckSites({ site: target, params: (params ?? {}) as PlannedFault['params'] }).join(', ');
}

/** Writes of the ledger by acknowledgement, and how many of them are lost at failover. */
export class LostTimeline {
  private readonly buckets = new Map<number, { lost: number; acknowledged: number }>();
  private readonly bucketUs: number;

  constructor(bucketUs: number) {
    this.bucketUs = bucketUs;
  }

  add(acknowledgedUs: number, lost: boolean): void {
    const t_us = Math.floor(acknowledgedUs / this.bucketUs) * this.bucketUs;
    const bucket = this.buckets.get(t_us) ?? { lost: 0, acknowledged: 0 };
    bucket.acknowledged++;
    if (lost) bucket.lost++;
    this.buckets.set(t_us, bucket);
  }

  list(): Timeline['lost'] {
    return [...this.buckets].sort(([a], [b]) => a - b).map(([t_us, bucket]) => ({ t_us, ...bucket }));
  }
}
