/** What every platform has at its sites. */
export const DATABASES = ['cassandra', 'janusgraph'] as const;
/** Further ones, which a platform has where they are asked for. A new one is a word here, its health, and what each platform needs to have it. */
export const FURTHER_COMPONENTS = [
  'opensearch',
  'pulsar',
  'api',
  'consumer',
  'node-exporter',
  'prometheus',
  'alertmanager',
  'redis',
] as const;

export type Database = (typeof DATABASES)[number];
export type FurtherComponent = (typeof FURTHER_COMPONENTS)[number];
/** A process of a site. */
export type Component = Database | FurtherComponent;

/** What a component needs in its own site to serve, beside itself. */
const NEEDS: Readonly<Partial<Record<Component, readonly Component[]>>> = {
  janusgraph: ['cassandra'],
  api: ['janusgraph', 'cassandra'],
  consumer: ['pulsar', 'janusgraph', 'cassandra'],
};

/** Whether what stands behind `component` is struck with `other`: the same, or what it needs. */
export function standsOn(component: string | undefined, other: string): boolean {
  const needs = component !== undefined && Object.hasOwn(NEEDS, component) ? NEEDS[component as Component] : [];
  return component === other || (needs ?? []).some((one) => one === other);
}

/** These, and what they need beside the databases, in the order of `FURTHER_COMPONENTS`. */
export function withNeeds(wanted: readonly string[]): readonly FurtherComponent[] {
  return FURTHER_COMPONENTS.filter((one) => wanted.some((component) => standsOn(component, one)));
}

export function isComponent(word: unknown): word is Component {
  return isFurther(word) || DATABASES.some((one) => one === word);
}

export function isFurther(word: unknown): word is FurtherComponent {
  return FURTHER_COMPONENTS.some((store) => store === word);
}

/** The alert that always fires, and is missed when it comes no more: the name that the Prometheus operator's mixins give it. */
export const WATCHDOG = 'Watchdog';
