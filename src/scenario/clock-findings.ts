import { formatDuration } from '../duration.ts';
import type { Finding } from './findings.ts';
import type { Plan } from './plan.ts';
import { offsetMs } from './values.ts';

/** What a plan that sets clocks does not get to show. */
export function clockFindings({ timeline, recovery, services }: Plan): readonly Finding[] {
  return timeline.flatMap(({ type, id, site, params }, index): Finding[] => {
    if (type !== 'clock-skew') return [];
    const aheadUs = offsetMs(String(params.offset)) * 1000;
    const early = aheadUs > recovery.after_us;
    const overwritten = Object.values(services).some((service) => typeof service.params.registers === 'number');
    return [
      ...(early
        ? [
            {
              severity: 'warning' as const,
              path: ['recovery', 'after'],
              text:
                `${id}: Cassandra of ${site} goes on to stamp its writes ahead for up to ${formatDuration(aheadUs)} after its clock is right ` +
                'again, and what carries a later time cannot be deleted before: the run may end first',
            },
          ]
        : []),
      ...(overwritten
        ? []
        : [
            {
              severity: 'note' as const,
              path: ['timeline', index, 'fault'],
              text: `${id}: no service overwrites anything (probe: register), so that nothing shows what last-write-wins does to acknowledged writes`,
            },
          ]),
    ];
  });
}
