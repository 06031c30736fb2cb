import { messageOf } from '../errors.ts';
import type { FaultRegister } from '../platform/undo.ts';
import { pause } from './wait.ts';

/**
 * How long what is in the register outlives a harness that stopped renewing it. The dead-man looks every second, and what it undoes begins to be undone within ten
 * seconds of the death.
 */
export const LEASE_TTL_MS = 8_000;
const RENEW_MS = 2_000;

/** Renews an entry of the register until the signal aborts; never rejects. */
export async function keepRenewed(register: FaultRegister, id: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await register.renew([id], LEASE_TTL_MS, AbortSignal.timeout(RENEW_MS));
    } catch (error) {
      if (!signal.aborted) process.emitWarning(`${id} could not be renewed: ${messageOf(error)}`);
    }
    await pause(RENEW_MS, signal).catch(() => {});
  }
}
