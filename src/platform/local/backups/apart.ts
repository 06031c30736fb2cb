/** A keyspace as Cassandra's own table of them has it. */
export interface Keyspace {
  readonly name: string;
  readonly replication: Readonly<Record<string, string>>;
}

/** The statements that leave keyspaces with copies in one datacenter alone, as many as they have there; of those that have none in another: nothing. */
export function aloneIn(datacenter: string, keyspaces: readonly Keyspace[]): readonly string[] {
  return keyspaces.flatMap(({ name, replication: { class: strategy = '', ...copies } }) => {
    const here = Object.hasOwn(copies, datacenter) ? Number(copies[datacenter]) : 0;
    if (!strategy.endsWith('NetworkTopologyStrategy') || !(here > 0) || Object.keys(copies).length === 1) return [];
    return [
      `ALTER KEYSPACE "${name.replaceAll('"', '""')}" WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': ${here}}`,
    ];
  });
}
