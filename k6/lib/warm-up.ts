import { sleep } from 'k6';
import type { Config, Lane } from 'k6/x/drill';
import type { AtSite } from './at-site.ts';

/** As the harness's own clients do it (src/client/warm-up.ts), whose cleanup removes the rows: a row, and reads of it, and others. */
const ROUNDS = 240;
const WRITE_EVERY = 3;
const TRIES = 6;
const PAUSE_S = 0.5;

/** Writes and reads at one site until its first requests, which load classes and prepare statements, are behind it. Throws what went wrong when it does not serve. */
export function warmUp(store: AtSite, { run, client }: Config, { probe, service }: Lane, site: string): void {
  const key = (seq: number): string => `${run}/warm.${probe}.${service}.${client}.${site}/${seq}`;
  store.open();
  firstRow(store, key(0), `${probe} in ${site} (load ${service})`);
  for (let round = 0, seq = 0; round < ROUNDS; round += 1) {
    if (round % WRITE_EVERY === 0) {
      seq += 1;
      store.write(key(seq), seq);
    } else store.read(key(0), 0);
  }
}

function firstRow(store: AtSite, key: string, where: string): void {
  for (let tries = 1; ; tries += 1) {
    const { outcome, error } = store.write(key, 0);
    if (outcome === 'ok') return;
    // It may have been applied all the same.
    if (outcome === 'info' && store.read(key, 0).outcome === 'ok') return;
    if (tries === TRIES) throw new Error(`${where}: a write is not served: ${error}`);
    sleep(PAUSE_S);
  }
}
