import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbeOperation, ProbeOutcome } from '../probes/probe.ts';
import type { Gate } from './protocol.ts';

/** The stub at the client's boundary: what it does to operations by the instant at which they are invoked. For the canary and for calibration. */
export class Gates {
  private readonly orders: { readonly gate: Gate; readonly fromUs: number; readonly toUs: number }[] = [];

  add(gate: Gate, fromUs: number, toUs: number): void {
    this.orders.push({ gate, fromUs, toUs });
  }

  /** The outcome of an operation that passes the stub on its way to `send`. */
  async pass(
    operation: ProbeOperation,
    nowUs: number,
    timeoutUs: number,
    send: () => Promise<ProbeOutcome>,
  ): Promise<ProbeOutcome> {
    const gate = this.orders.findLast(({ fromUs, toUs }) => nowUs >= fromUs && nowUs < toUs)?.gate ?? { mode: 'pass' };
    switch (gate.mode) {
      case 'pass':
        return send();
      case 'refuse':
        return { outcome: 'fail', error: 'refused', valueSha: '' };
      case 'delay': {
        const delayed = sleep(gate.delay_us / 1000);
        const outcome = await send();
        await delayed;
        return outcome;
      }
      case 'drop-answers': {
        const lost = sleep(timeoutUs / 1000);
        const { valueSha } = await send();
        await lost;
        return operation.f === 'write'
          ? { outcome: 'info', error: 'timeout', valueSha }
          : { outcome: 'fail', error: 'timeout', valueSha: '' };
      }
    }
  }
}
