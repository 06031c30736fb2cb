import { FAULTS } from '../faults/registry.ts';
import { PROBES } from '../probes/registry.ts';

/** Every kind of probe and fault that there is. */
export const REGISTRIES = { probes: PROBES, faults: FAULTS } as const;
