import type { Report } from '../check/report-schema.ts';
import { failingReport } from './testing.ts';
import { exampleDora } from './testing-dora.ts';

/** Text that would break out of HTML, SVG, XML, a terminal, or a template, if any place forgot to escape it. */
const HOSTILE = `<script>alert(1)</script>]]>"'&{b}{a|x}\u001b[31m\u0000\ud800<img src=x onerror=alert(2)>`;

/** The same as far as a drill file may hold it: without what a terminal obeys, and without half a character. */
const HOSTILE_SHOWN = ['\u001b', '\u0000', '\ud800'].reduce((text, one) => text.replaceAll(one, ''), HOSTILE);

/** A report in which every text that comes from outside is hostile. */
export function hostileReport(): Report {
  const report = failingReport();
  const named = <T extends { service: string; site: string; probe: string }>(row: T): T => ({
    ...row,
    probe: HOSTILE,
    ...(row.service === '' ? { site: HOSTILE } : { service: HOSTILE }),
  });
  return {
    ...report,
    dora: exampleDora(report, true, HOSTILE_SHOWN),
    run: {
      ...report.run,
      id: HOSTILE,
      scenario: HOSTILE,
      title: HOSTILE,
      hypothesis: HOSTILE,
      environment: HOSTILE,
      reason: HOSTILE,
      started: HOSTILE,
      journalHead: HOSTILE,
      defects: [HOSTILE],
    },
    reasons: [{ verdict: 'fail', subject: HOSTILE, text: HOSTILE }],
    objectives: report.objectives.map((result) => ({
      ...result,
      objective: {
        ...result.objective,
        id: `${HOSTILE}${result.objective.id}`,
        service: HOSTILE,
      } as typeof result.objective,
      statement: HOSTILE,
      reason: HOSTILE,
    })),
    faults: report.faults.map((fault) => ({
      ...fault,
      id: HOSTILE,
      type: HOSTILE,
      target: HOSTILE,
      observed: { effective: HOSTILE, gone: HOSTILE },
    })),
    views: report.views.map((view) => ({
      ...named(view),
      client: HOSTILE,
      errors: { [HOSTILE]: 3 },
      bySite: { [HOSTILE]: 4 },
      outages: view.outages.map((outage) => ({ ...outage, errors: { [HOSTILE]: 3 } })),
    })),
    rpo: report.rpo.map((row) => ({
      ...row,
      service: row.service === null ? null : HOSTILE,
      byState: { [HOSTILE]: 1 },
      note: HOSTILE,
      lostKeys: row.lostKeys.slice(0, 3).map((key) => ({ ...named(key), key: HOSTILE, state: HOSTILE })),
    })),
    ...(report.later && {
      later: {
        writes: report.later.writes.map((row) => ({
          ...row,
          service: row.service === null ? null : HOSTILE,
          byState: { [HOSTILE]: 1 },
          missingKeys: row.missingKeys.map((one) => ({ ...named(one), probe: HOSTILE, key: HOSTILE, state: HOSTILE })),
        })),
        places: report.later.places.map((one) => ({ ...one, site: HOSTILE, probe: HOSTILE, counts: { [HOSTILE]: 1 } })),
      },
    }),
    lastWriteWins: (report.lastWriteWins ?? []).map((row) => ({
      ...row,
      probe: HOSTILE,
      sites: row.sites.map((one) => ({ ...one, site: HOSTILE })),
      list: row.list.map((one) => ({ ...one, key: HOSTILE, site: HOSTILE, winner: { ...one.winner, key: HOSTILE } })),
    })),
    arrivals: (report.arrivals ?? []).map((row) => ({ ...row, service: HOSTILE })),
    readBack: report.readBack.map((row) => ({
      ...row,
      fault: HOSTILE,
      site: HOSTILE,
      probe: HOSTILE,
      counts: { [HOSTILE]: 1 },
    })),
    ...(report.integrity && {
      integrity: {
        ...report.integrity,
        note: HOSTILE,
        places: report.integrity.places.map((place) => ({ ...place, site: HOSTILE, note: HOSTILE, complete: false })),
        found: report.integrity.found.map((one) => ({
          ...one,
          site: HOSTILE,
          key: HOSTILE,
          note: HOSTILE,
          elements: [HOSTILE],
        })),
      },
    }),
    canary: {
      ...report.canary,
      proofs: report.canary.proofs.map((proof) => ({ ...proof, probe: HOSTILE, client: HOSTILE, note: HOSTILE })),
    },
    quality: {
      ...report.quality,
      stalls: report.quality.stalls.map((stall) => ({ ...stall, client: HOSTILE, cause: HOSTILE })),
      clients: report.quality.clients.map((client) => ({ ...client, client: HOSTILE })),
    },
    facts: [{ fact: HOSTILE, value: HOSTILE }],
    notMeasured: [{ what: HOSTILE, why: HOSTILE }],
    timeline: {
      ...report.timeline,
      phases: report.timeline.phases.map((p) => ({ ...p, phase: HOSTILE })),
      events: report.timeline.events.map((e) => ({ ...e, type: HOSTILE, text: HOSTILE })),
      series: report.timeline.series.map(named),
    },
  };
}
