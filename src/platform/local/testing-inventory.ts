import { type Component, DATABASES } from '../components.ts';
import type { ManagedComponent } from './components.ts';
import { Inventory } from './inventory.ts';

/** For tests: the components of two sites, none of which is a process; `log` has what was asked of them. `directory`: of all of them. */
export function testingInventory(
  directory = '',
  components: readonly Component[] = DATABASES,
): { readonly inventory: Inventory; readonly log: string[] } {
  const log: string[] = [];
  const all = ['paris', 'london'].flatMap((site) =>
    components.map((component) => {
      const name = `${site} ${component}/0`;
      return {
        site,
        component,
        node: 0,
        name,
        id: `${site}-${component}-0`,
        directory,
        state: () => ({ state: 'ready', pid: 7 }),
        stop: async () => void log.push(`stop ${name}`),
        start: async () => void log.push(`start ${name}`),
        pause: () => void log.push(`pause ${name}`),
        resume: () => {},
      } as unknown as ManagedComponent;
    }),
  );
  return { inventory: new Inventory(all), log };
}
