/** What the journal calls the component that stands behind a probe. Who judges a record knows the probes by their names alone. */
const COMPONENTS: ReadonlyMap<string, string> = new Map([
  ['cql', 'cassandra'],
  ['register', 'cassandra'],
  ['gremlin', 'janusgraph'],
  ['transfers', 'janusgraph'],
  ['customers', 'janusgraph'],
  ['opensearch', 'opensearch'],
  ['pulsar', 'pulsar'],
  ['api', 'api'],
  ['pipeline', 'consumer'],
  ['prometheus', 'prometheus'],
  ['alertmanager', 'alertmanager'],
  ['redis', 'redis'],
]);

/** The component behind a probe; null: the probe is none of those known here. */
export function componentBehind(probe: string): string | null {
  return COMPONENTS.get(probe) ?? null;
}
