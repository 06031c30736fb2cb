import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, MarkAreaComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { escapeText, type Markup, trusted } from './markup.ts';
import { colour } from './palette.ts';

export interface ChartText {
  /** Unique in the document, letters, digits and `-`. */
  readonly id: string;
  /** What the plot is. */
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly description: string;
}

let registered = false;

/**
 * An option of ECharts as SVG: no script, no style element, scaled to its place, the same to the byte for the same option.
 * zrender numbers its charts and classes across the process; both are taken out.
 */
export function chartSvg(option: EChartsCoreOption, width: number, height: number, text: ChartText): Markup {
  if (!registered) {
    use([
      BarChart,
      LineChart,
      ScatterChart,
      GridComponent,
      MarkAreaComponent,
      MarkLineComponent,
      TitleComponent,
      SVGRenderer,
    ]);
    registered = true;
  }
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, ...option });
    return trusted(clean(chart.renderToSVGString(), width, height, text));
  } finally {
    chart.dispose();
  }
}

function clean(svg: string, width: number, height: number, text: ChartText): string {
  const open = svg.indexOf('>') + 1;
  const body = svg
    .slice(open, svg.lastIndexOf('</svg>'))
    .replace(/<style ?>[\s\S]*<\/style>/, '')
    .replaceAll(
      / class="zr\d+-cls-\d+"| pointer-events="visible"| ecmeta_\w+="[^"]*"| dominant-baseline="central"(?= dominant)/g,
      '',
    )
    .replaceAll(/\bzr\d+-/g, `${text.id}-`)
    .replaceAll(
      /rgb\((\d+),(\d+),(\d+)\)/g,
      (_, r, g, b) => `#${[r, g, b].map((v) => Number(v).toString(16).padStart(2, '0')).join('')}`,
    )
    // What ECharts draws in a colour of its own: the lines of the value axes. All else has one of ours.
    .replaceAll('"#54555a"', `"${colour('muted')}"`)
    .replaceAll(/ stroke="#[0-9a-f]+" stroke-width="0"/g, '')
    .replaceAll(/<path d=""[^>]*><\/path>\n?/g, '')
    .replaceAll(/<rect [^>]*fill="none"><\/rect>\n?/g, '')
    .replaceAll(/font-family:[^;"]*;/g, '')
    .replaceAll(/(\d+\.\d\d)\d+/g, '$1')
    .replaceAll(/\n+/g, '\n');
  const ids = `${text.id}-t ${text.id}-d`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${ids}" xmlns="http://www.w3.org/2000/svg"><title id="${text.id}-t">${escapeText(text.title)}</title><desc id="${text.id}-d">${escapeText(text.description)}</desc>${body}</svg>`;
}
