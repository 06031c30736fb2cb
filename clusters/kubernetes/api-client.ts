import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import { API_PORT, type Cluster, gateway } from './layout.ts';
import { clusterDirectory } from './places.ts';

/** A cluster's API as its administrator, for what runs beside it: lists, and the news that a list has changed. */
export class ApiClient {
  private readonly host: string;
  private readonly agent: Agent;

  constructor(cluster: Cluster) {
    const pki = (name: string): Buffer => readFileSync(join(clusterDirectory(cluster.name), 'pki', name));
    this.host = gateway(cluster);
    this.agent = new Agent({ keepAlive: true, ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key') });
  }

  async list<T>(path: string): Promise<readonly T[]> {
    const parts: Buffer[] = [];
    await this.read(path, (part) => parts.push(part));
    return (JSON.parse(Buffer.concat(parts).toString()) as { items: T[] }).items;
  }

  /** Calls `changed` for every part of the news; resolves when the server has told enough, and is to be asked again. */
  watch(path: string, changed: () => void): Promise<void> {
    return this.read(`${path}?watch=1&resourceVersion=0`, changed);
  }

  private read(path: string, take: (part: Buffer) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = get({ host: this.host, port: API_PORT, path, agent: this.agent }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`${path}: status ${response.statusCode}`));
        response.on('data', take);
        response.once('end', resolve);
        response.once('error', reject);
      });
      request.once('error', reject);
    });
  }
}
