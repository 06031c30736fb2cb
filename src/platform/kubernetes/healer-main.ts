/** The healer of one namespace, in its cluster: undoes the faults that their harness stopped renewing. Takes its namespace and its name from the environment. */
import { hostname } from 'node:os';
import { heal } from './healer.ts';
import { ownCluster } from './kubeconfig.ts';

const over = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => over.abort(new Error(signal)));
const namespace = process.env.NAMESPACE ?? '';
if (namespace === '') throw new Error('NAMESPACE: expected the namespace of the healer');
const say = (line: string): void => void process.stdout.write(`${new Date().toISOString()} ${line}\n`);
say(`healing ${namespace}`);
await heal(ownCluster(namespace), hostname(), say, over.signal);
