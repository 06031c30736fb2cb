import type { Load, LoadPhase, LoadUsage } from '../check/load-schema.ts';
import type { Report } from '../check/report-schema.ts';
import { formatCount, formatPercent, formatRate, UNKNOWN } from './format.ts';
import { html, type Markup } from './markup.ts';
import { table } from './table.ts';

/** What the load's generator offered, what was acknowledged of it in each phase, and what the machine was busy with; nothing where a run has no load. */
export function throughputSection({ load }: Report): Markup | null {
  if (!load) return null;
  const phases = load.phases.filter(({ operations }) => operations > 0);
  return html`<section><h2 id="throughput">Throughput under load</h2>
<p class="lead">${leadOf(load)}</p>
${phases.length === 0 ? html`<p>No operation of the load was due.</p>` : phaseTable(phases)}
${usageTable(phases)}</section>`;
}

function leadOf({ generator, services, offered, dropped }: Load): string {
  const late =
    dropped === null
      ? 'How many operations it could not start in time is not recorded.'
      : dropped === 0
        ? 'It started every operation.'
        : `It could not start ${formatCount(dropped)} operations in time, and was late with all after them: nothing of the load is judged.`;
  return `${generator} scheduled ${formatRate(offered)} in all, in an open loop, for ${services.join(' and ')}. ${late}`;
}

function phaseTable(phases: readonly LoadPhase[]): Markup {
  return table(phases, [
    { head: 'Phase', kind: 'row', cell: ({ phase }) => phase },
    { head: 'Operations due', kind: 'num', cell: ({ operations }) => formatCount(operations) },
    { head: 'Acknowledged', kind: 'num', cell: ({ ok }) => formatCount(ok) },
    { head: 'Not sent by the generator', kind: 'num', cell: ({ notSent }) => formatCount(notSent) },
    {
      head: 'Acknowledged a second',
      kind: 'num',
      cell: ({ throughput }) => (throughput === null ? UNKNOWN : formatRate(throughput)),
    },
  ]);
}

function usageTable(phases: readonly LoadPhase[]): Markup {
  if (phases.every(({ usage }) => usage === null)) return html`<p>What the machine was busy with is not recorded.</p>`;
  const used = ({ by }: LoadUsage): string =>
    Object.entries(by)
      .sort(([, a], [, b]) => b - a)
      .map(([label, processors]) => `${label} ${processors.toFixed(2)}`)
      .join(', ');
  return html`<p class="lead">Processors that were used meanwhile, 1.00 for one of them all the time; while a fault is in force both of its phases together. Where the machine has none left, it is the limit, and not the platform alone.</p>
${table(phases, [
  { head: 'Phase', kind: 'row', cell: ({ phase }) => phase },
  { head: 'Machine busy', kind: 'num', cell: ({ usage }) => (usage === null ? UNKNOWN : formatPercent(usage.busy)) },
  { head: 'Processors', kind: 'num', cell: ({ usage }) => (usage === null ? UNKNOWN : String(usage.cores)) },
  { head: 'Used by', cell: ({ usage }) => (usage === null ? UNKNOWN : used(usage)) },
])}`;
}
