import { join } from 'node:path';
import { PlatformError } from '../../errors.ts';
import type { Component } from '../platform.ts';
import { cachedClassPath, cachedDistribution, resolveClassPath, resolveDistribution } from './class-path.ts';
import type { Classes } from './component-kind.ts';
import { KINDS } from './kinds.ts';
import { fetchProgram, findProgram } from './packaged-program.ts';

/** True when a start needs nothing of a component from the network. */
export function areClassesFetched(component: Component): boolean {
  const { runtime, packaged, distribution } = KINDS[component];
  if (runtime === 'node') return true;
  if (packaged) return findProgram(packaged) !== null;
  return (distribution ? cachedDistribution(component) : cachedClassPath(component)) !== null;
}

/** Everything of a component that has to be fetched, where it is not there yet; `onProgress` gets lines for people. */
export async function fetchClasses(
  component: Component,
  jdkHome: string,
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<Omit<Classes, 'archive'>> {
  const { runtime, packaged, distribution } = KINDS[component];
  if (runtime === 'node') return { jars: [], home: null };
  if (packaged) return { jars: [], home: await fetchProgram(packaged, signal, onProgress) };
  if (!distribution) return { jars: await resolveClassPath(component, jdkHome, signal, onProgress), home: null };
  const home = join(await resolveDistribution(component, jdkHome, signal, onProgress), distribution.home);
  return { jars: distribution.jars(home), home };
}

/** The agent that tells Prometheus what a JVM says of itself over JMX: a jar. */
export async function fetchJmxExporter(
  jdkHome: string,
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<string> {
  const [jar] = await resolveClassPath('jmx-exporter', jdkHome, signal, onProgress);
  if (jar === undefined) throw new PlatformError('Maven resolved the JMX exporter to nothing');
  return jar;
}
