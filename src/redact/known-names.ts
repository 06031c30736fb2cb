import type { JournalEvent } from '../history/event.ts';
import { OUTSIDE } from '../scenario/plan.ts';
import type { KnownName } from './redact-text.ts';
import { vocabulary, wordsOf } from './vocabulary.ts';

/** Members of any record that hold the name of somebody, or of something that is somebody's. */
const PEOPLE =
  /^(?:person|owner|operators?|approvers?|approvedBy|lead|testers?|participants?|author|signedBy|names?)$/i;
/** Of what people entered, who did; elsewhere what a family of scenarios was exercised by. */
const ENTERED = 'entered';
const TICKETS = /^(?:tickets?|ticketId|change|changeId)$/i;

type Node = Readonly<Record<string, unknown>>;

/** What the records of a run say of names: of the plan its sites, hosts, services and functions; of the journal and the report the people and tickets. */
export function knownNames(plan: unknown, journal: readonly JournalEvent[], report: unknown): readonly KnownName[] {
  const { platform, services, timetables, scenario } = asNode(plan);
  const sites = listOf(asNode(platform).sites).map(asNode);
  const hosts = sites.flatMap(({ endpoints, resolver }) => [
    resolver,
    ...Object.values(asNode(endpoints))
      .flatMap(listOf)
      .flatMap((one) => [asNode(one).host, asNode(one).address]),
  ]);
  const { name: scenarioName, dora } = asNode(scenario);
  const { function: served, owner } = asNode(dora);
  const clients = listOf(timetables).map((one) => asNode(one).client);
  return [
    ...named('site', [...sites.map(({ name }) => name), ...clients.filter((client) => client !== OUTSIDE)]),
    ...named('service', Object.keys(asNode(services))),
    ...named('host', [...sites.map(({ datacenter }) => datacenter), ...hosts]),
    ...named(
      'host',
      sites.flatMap(({ objects }) => Object.values(asNode(objects)).flatMap(listOf).flatMap(partsOf)),
    ),
    ...named('scenario', ofItsOwn(scenarioName)),
    ...named('function', [served]),
    ...named('person', [owner]),
    ...peopleIn(journal.map(({ data }) => data)),
    ...peopleIn(report),
  ];
}

/** The same of the record of an exercise: who ran it and did its steps, its functions, what it and its scenarios are called. */
export function namesOfRecord(record: unknown): readonly KnownName[] {
  const { exercise, functions, steps } = asNode(record);
  const scenarios = [exercise, ...listOf(steps).map((step) => asNode(step).scenario)];
  return [
    ...named('scenario', scenarios.flatMap(ofItsOwn)),
    ...named('function', listOf(functions)),
    ...peopleIn(record, true),
  ];
}

/** The delivered ones say what fails, and nobody's name. */
function ofItsOwn(name: unknown): readonly string[] {
  return typeof name === 'string' && !wordsOf(name).every((word) => vocabulary().has(word)) ? [name] : [];
}

/** Of `context/namespace/StatefulSet/cassandra`, the parts that are somebody's names. */
function partsOf(path: unknown): readonly string[] {
  return typeof path === 'string' ? path.split('/').flatMap(ofItsOwn) : [];
}

function named(kind: KnownName['kind'], values: readonly unknown[]): KnownName[] {
  return values.flatMap((name) => (typeof name === 'string' && name !== '' ? [{ kind, name }] : []));
}

function peopleIn(value: unknown, entered = false): KnownName[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const isPerson = PEOPLE.test(key) || (entered && key === 'by');
    const kind = isPerson ? 'person' : TICKETS.test(key) ? 'ticket' : null;
    const texts = kind === null ? [] : [child].flat().filter((one) => typeof one === 'string' && one.trim() !== '');
    return [
      ...texts.map((name): KnownName => ({ kind: kind ?? 'person', name: String(name) })),
      ...peopleIn(child, entered || key === ENTERED),
    ];
  });
}

function asNode(value: unknown): Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Node) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
