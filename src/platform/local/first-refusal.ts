import { errors, types } from 'cassandra-driver';
import { withCassandra } from './cassandra-client.ts';
import type { LocalConfig } from './config.ts';

const PAGE = 500;

/**
 * Reads all of a table from one copy at a site. How Cassandra refused to go on, which it does where a checksum is wrong (a read failure); null when all of it
 * was read. Any other error is thrown.
 */
export function firstRefusal(
  config: LocalConfig,
  site: number,
  { keyspace, table }: { readonly keyspace: string; readonly table: string },
): Promise<string | null> {
  return withCassandra(config, site, async (client) => {
    const options = { prepare: true, fetchSize: PAGE, consistency: types.consistencies.localOne };
    let pageState: string | undefined;
    try {
      do {
        const page = await client.execute(`SELECT * FROM ${keyspace}.${table}`, [], {
          ...options,
          ...(pageState && { pageState }),
        });
        pageState = page.pageState;
      } while (pageState);
      return null;
    } catch (error) {
      if (error instanceof errors.ResponseError && error.code === types.responseErrorCodes.readFailure)
        return error.message;
      throw error;
    }
  });
}
