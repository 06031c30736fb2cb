import type { Report } from '../check/report-schema.ts';
import { type ChartText, chartSvg } from './chart.ts';
import { formatAxisTime, formatCount } from './format.ts';
import type { Markup } from './markup.ts';
import { colour } from './palette.ts';
import { type TimeFrame, timeTicks } from './time-axis.ts';

interface LossStep {
  readonly t_us: number;
  readonly lost: number;
  readonly acknowledged: number;
}

/** Acknowledged writes as an outline, those of them that were lost as filled steps below it. */
export function lossPlot(report: Report, frame: TimeFrame, width: number, text: ChartText): Markup {
  const { rows, stepUs } = coarsened(report.timeline.lost, report.timeline.bucket_us, width / 3);
  const last = rows.at(-1);
  const until = last === undefined ? frame.toUs : last.t_us + stepUs;
  const span: TimeFrame = {
    ...frame,
    fromUs: Math.min(frame.fromUs, rows[0]?.t_us ?? frame.fromUs),
    toUs: Math.max(until, frame.fromUs + 1),
  };
  const steps = (value: (row: LossStep) => number): number[][] =>
    rows.flatMap((row) => [
      [row.t_us, value(row)],
      [row.t_us + stepUs, value(row)],
    ]);
  const font = { color: colour('muted'), fontSize: width > 500 ? 11.5 : 13 };
  const ticks = timeTicks(span, width > 500 ? 12 : 6);
  const line = { type: 'line', showSymbol: false, silent: true };
  return chartSvg(
    {
      grid: { left: 58, right: 12, top: 28, height: 90 },
      title: {
        text: `writes in ${stepUs / 1_000_000} s: \u2500 acknowledged, \u25a0 lost`,
        left: 53,
        top: 3,
        padding: 5,
        textStyle: { ...font, fontWeight: 'normal' },
      },
      xAxis: {
        type: 'value',
        min: span.fromUs,
        max: span.toUs,
        splitLine: { show: false },
        axisLine: { onZero: false, lineStyle: { color: colour('muted') } },
        axisTick: { show: true, customValues: ticks, lineStyle: { color: colour('muted') } },
        axisLabel: { customValues: ticks, formatter: (us: number) => formatAxisTime(us - frame.originUs), ...font },
      },
      yAxis: {
        type: 'value',
        min: 0,
        minInterval: 1,
        splitNumber: 3,
        axisLabel: { formatter: (v: number) => formatCount(v), ...font },
        splitLine: { lineStyle: { color: colour('grid') } },
      },
      series: [
        {
          ...line,
          data: steps((row) => row.lost),
          lineStyle: { color: colour('fail'), width: 1 },
          areaStyle: { color: colour('fail'), opacity: 1 },
        },
        {
          ...line,
          data: steps((row) => row.acknowledged),
          lineStyle: { color: colour('main'), width: 1.6 },
          markLine: {
            silent: true,
            symbol: 'none',
            label: { show: false },
            data: report.faults.flatMap((fault) =>
              fault.requested === null
                ? []
                : [
                    {
                      xAxis: Math.min(fault.requested.notBefore_us, span.toUs),
                      lineStyle: { type: 'solid', width: 1.2, color: colour('ink') },
                    },
                  ],
            ),
          },
        },
      ],
    },
    width,
    148,
    text,
  );
}

function coarsened(rows: readonly LossStep[], bucketUs: number, most: number): { rows: LossStep[]; stepUs: number } {
  const first = rows[0]?.t_us ?? 0;
  const end = rows.reduce((latest, row) => Math.max(latest, row.t_us), first);
  const stepUs = bucketUs * Math.max(1, Math.ceil(((end - first) / bucketUs + 1) / most));
  const merged = new Map<number, LossStep>();
  for (const row of rows) {
    const t_us = first + Math.floor((row.t_us - first) / stepUs) * stepUs;
    const into = merged.get(t_us) ?? { t_us, lost: 0, acknowledged: 0 };
    merged.set(t_us, { t_us, lost: into.lost + row.lost, acknowledged: into.acknowledged + row.acknowledged });
  }
  return { rows: [...merged.values()].toSorted((a, b) => a.t_us - b.t_us), stepUs };
}
