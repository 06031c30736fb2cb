import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build, type Histogram, HistogramLogWriter } from 'hdr-histogram-js';
import { parseAttempt } from '../history/history-csv.ts';

const HIGHEST_US = 600_000_000;
const INTERVAL_US = 1_000_000;

interface Log {
  readonly text: string[];
  readonly writer: HistogramLogWriter;
  readonly seconds: Map<number, Histogram>;
}

/**
 * Writes `latency/<probe>-<service or @site>-<client>.hlog`: the response times of the `ok` operations of each timetable as HdrHistograms (1 µs to 10 min, 3
 * digits), one for each second of intended time. For display, export and merging: objectives are judged on exact values.
 */
export async function writeLatencyLogs(runDirectory: string): Promise<void> {
  const logs = new Map<string, Log>();
  let first = true;
  for await (const line of createInterface({
    input: createReadStream(join(runDirectory, 'history.csv')),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    const header = first;
    first = false;
    if (header) continue;
    let row: ReturnType<typeof parseAttempt>;
    try {
      row = parseAttempt(line);
    } catch {
      // A torn row: the report's defects name it.
      continue;
    }
    if (row.outcome !== 'ok' || row.completedUs === null) continue;
    const name = `${row.probe}-${row.service || `@${row.site}`}-${row.client}`;
    const log = logs.get(name) ?? newLog();
    logs.set(name, log);
    const second = Math.floor(row.intendedUs / INTERVAL_US);
    const histogram = log.seconds.get(second) ?? newHistogram();
    log.seconds.set(second, histogram);
    histogram.recordValue(Math.min(Math.max(1, row.completedUs - row.intendedUs), HIGHEST_US));
  }
  mkdirSync(join(runDirectory, 'latency'), { recursive: true });
  for (const [name, { text, writer, seconds }] of logs) {
    for (const [second, histogram] of [...seconds].sort(([a], [b]) => a - b)) {
      writer.outputIntervalHistogram(histogram, second, second + 1, 1000);
    }
    writeFileSync(join(runDirectory, 'latency', `${name}.hlog`), text.join(''));
  }
}

function newHistogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: HIGHEST_US, numberOfSignificantValueDigits: 3 });
}

function newLog(): Log {
  const text: string[] = [];
  const writer = new HistogramLogWriter((part) => text.push(part));
  writer.outputLogFormatVersion();
  writer.outputComment('response time of ok operations, µs; seconds from the run’s origin');
  writer.outputLegend();
  return { text, writer, seconds: new Map() };
}
