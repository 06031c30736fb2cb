import { createHash } from 'node:crypto';
import type { Report } from '../check/report-schema.ts';
import { InputError } from '../errors.ts';
import { LEFT_OUT_SHORT } from './left-out.ts';
import { type Observed, objectiveObservations, runObservations } from './oscal-observations.ts';
import { oneLine } from './text-table.ts';

/** The version of OSCAL that is written. */
const OSCAL = '1.1.3';
/** Of the names of properties that are ours. */
const NAMESPACE = 'urn:drill:oscal';
/** Namespace of the version 5 UUIDs (RFC 9562): drawn once. */
const UUID_NAMESPACE = Buffer.from('6f1c0f4e8a534dd59d0f3b5d0a2f7c11', 'hex');
/** Stands where OSCAL wants the name of a control: nothing of a catalogue was assessed. */
const OWN_OBJECTIVES = 'drill.objectives';
const WHOLE_RUN = 'run-as-a-whole';
const RUN_FILES = ['plan.json', 'journal.ndjson', 'history.csv', 'read-back.csv', 'report.json', 'manifest.json'];
/** What is handed on of a run whose names are masked. */
const MASKED_FILES = ['report.json', 'report.html', 'junit.xml', 'masked.json'];

interface Numbered extends Observed {
  /** Names its observation and its finding among those of the run. */
  readonly role: string;
  /** What a finding of it would say is not satisfied. */
  readonly target: string;
}

/**
 * OSCAL 1.1.3 assessment results of a report: an observation for each objective and for whatever else the report says of the run, and a finding, always
 * `not-satisfied`, for what failed. What passed, or is not known, is an observation only: nothing is claimed to be satisfied. The same report gives the
 * same bytes; identifiers are of version 5, from the run's id. An InputError where the report does not say when it was.
 */
export function renderOscal(report: Report): string {
  const { run } = report;
  const uuid = (role: string): string => uuidV5([run.id, run.journalHead, report.harness, role]);
  const { end } = timesOf(report);
  const objectives = objectiveObservations(report).map(
    (one, index): Numbered => ({ ...one, role: `objective ${index + 1}`, target: `objective-${index + 1}` }),
  );
  const others = runObservations(report).map(
    (one, index): Numbered => ({ ...one, role: `run ${index}`, target: WHOLE_RUN }),
  );
  const targets = [
    ...objectives.map(({ target, title }) => ({ id: target, prose: text(title) })),
    { id: WHOLE_RUN, prose: 'No fault is left behind, and no further outage follows the recovery.' },
  ];
  const files = report.masked === undefined ? RUN_FILES : MASKED_FILES;
  const document = {
    uuid: uuid('assessment-results'),
    metadata: {
      title: text(`Disaster-recovery test: ${run.title || run.scenario}`),
      'last-modified': end,
      version: text(report.harness),
      'oscal-version': OSCAL,
      props: [
        prop('run', run.id),
        prop('environment', run.environment),
        ...(report.masked
          ? [prop('masked', 'true'), prop('original-manifest', report.masked.originalManifestSha256)]
          : []),
      ],
      remarks: `Converted from report.json, which is the source of truth. It says nothing about a control of any catalogue.${report.masked ? maskedRemark(report.masked) : ''}`,
    },
    'import-ap': {
      href: `#${uuid('files')}`,
      remarks: report.masked
        ? 'There is no assessment plan of OSCAL, and the plan of the run is not handed on.'
        : 'There is no assessment plan of OSCAL: plan.json is what was planned.',
    },
    'local-definitions': {
      'objectives-and-methods': targets.map(({ id, prose }) => ({
        'control-id': OWN_OBJECTIVES,
        parts: [{ id, name: 'assessment-objective', prose }],
        remarks: 'An objective of the run. It stands for no control of a catalogue.',
      })),
    },
    results: [resultOf(report, { uuid, targets: targets.map(({ id }) => id), numbered: [...objectives, ...others] })],
    'back-matter': {
      resources: [
        {
          uuid: uuid('files'),
          title: text(`${report.masked ? 'Masked report' : 'Run directory'} of ${run.id}`),
          rlinks: files.map((href) => ({ href })),
        },
      ],
    },
  };
  return `${JSON.stringify({ 'assessment-results': document }, null, 2)}\n`;
}

function resultOf(
  report: Report,
  of: {
    readonly uuid: (role: string) => string;
    readonly targets: readonly string[];
    readonly numbered: readonly Numbered[];
  },
): object {
  const { run, verdict } = report;
  const { uuid, targets, numbered } = of;
  const { start, end } = timesOf(report);
  const findings = numbered
    .filter(({ fails }) => fails)
    .map(({ role, target, title, description }) => ({
      uuid: uuid(`finding ${role}`),
      title: text(title),
      description: text(description),
      target: { type: 'objective-id', 'target-id': target, status: { state: 'not-satisfied', reason: 'fail' } },
      'related-observations': [{ 'observation-uuid': uuid(`observation ${role}`) }],
    }));
  const selection = {
    description: 'No control of a catalogue: the objectives that the run itself declared.',
    'include-controls': [{ 'control-id': OWN_OBJECTIVES }],
  };
  return {
    uuid: uuid('result'),
    title: text(`Run ${run.id} of ${run.scenario}`),
    description: text(run.hypothesis || (report.masked?.withheld.includes('run.hypothesis') ? LEFT_OUT_SHORT : '')),
    start,
    end,
    props: [prop('verdict', verdict), prop('outcome', run.outcome)],
    'reviewed-controls': {
      'control-selections': [selection],
      'control-objective-selections': [{ 'include-objectives': targets.map((id) => ({ 'objective-id': id })) }],
    },
    observations: numbered.map(({ role, title, description, verdict: own }) => ({
      uuid: uuid(`observation ${role}`),
      title: text(title),
      description: text(description),
      ...(own && { props: [prop('verdict', own)] }),
      methods: ['TEST'],
      'relevant-evidence': [
        {
          href: `#${uuid('files')}`,
          description: report.masked ? 'The masked report of the run.' : 'The files of the run.',
        },
      ],
      collected: end,
    })),
    ...(findings.length > 0 && { findings }),
  };
}

function maskedRemark({ names, withheld }: NonNullable<Report['masked']>): string {
  const left = withheld.length === 0 ? '' : ` Left out as a whole: ${withheld.join(', ')}.`;
  return ` Names are masked in it (${names} names, addresses and words); every figure is that of the run.${left}`;
}

function prop(name: string, value: string): { readonly ns: string; readonly name: string; readonly value: string } {
  return { ns: NAMESPACE, name, value: text(value) };
}

/** When the run began and ended, by its wall clock: OSCAL takes nothing without. */
function timesOf({ run }: Report): { readonly start: string; readonly end: string } {
  const startMs = Date.parse(run.started);
  const times = [startMs, startMs + run.length_us / 1000].map((ms) => {
    const year = Number.isNaN(ms) || Math.abs(ms) > 8.64e15 ? 0 : new Date(ms).getUTCFullYear();
    return year >= 1900 && year < 3000 ? new Date(ms).toISOString() : null;
  });
  const [start, end] = times;
  if (!start || !end)
    throw new InputError(`the report does not say when the run was, and OSCAL asks for it: ${oneLine(run.started)}`, {
      hint: 'its journal needs an event run-started with the time of the wall clock',
    });
  return { start, end };
}

/** As OSCAL takes a string: one line that begins and ends with something to be seen. */
function text(value: string): string {
  return oneLine(value).replaceAll(/\s+/g, ' ').trim() || 'not said';
}

function uuidV5(names: readonly string[]): string {
  const digest = createHash('sha1').update(UUID_NAMESPACE).update(JSON.stringify(names)).digest().subarray(0, 16);
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x50, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
