/** What the probes do, writes and reads in turns, on the ledger or the graph (TARGET), at the bench's rate. */
import { prepare, servicesOf } from '../lib/workload.ts';
import { END, linger, operate } from './open-loop.ts';

const services = servicesOf();
const [service] = services;
if (!service) throw new Error('TARGET: expected graph or ledger');

/** What this virtual user wrote last and was told so; its reads read this. */
let acknowledged: number | undefined;

export { handleSummary, options } from './open-loop.ts';
export const setup = (): void => prepare(services);
export const teardown = (): void => {
  linger();
  service.remove(END);
};
export default (): void =>
  operate((seq) => {
    if (seq % 2 === 1 && acknowledged !== undefined) return service.read(acknowledged).ok;
    const { ok } = service.write(seq);
    if (ok) acknowledged = seq;
    return ok;
  });
