import { expect, test, vi } from 'vitest';
import { type Changed, type Connection, Keeper, Unconnected } from './keeper.ts';
import { Pulse } from './pulse.ts';

const SETTINGS = { connectMs: 20, greetMs: 1_000, quietMs: 20, lookMs: 60_000 };
const soon = () => AbortSignal.timeout(20_000);

class FakeConnection implements Connection {
  readonly pulse: Pulse;
  readonly name: string;
  isOpen = true;
  answers = true;
  private readonly changed: Changed;

  constructor(name: string, changed: Changed) {
    this.name = name;
    this.changed = changed;
    this.pulse = new Pulse(SETTINGS.quietMs, () => this.answers && queueMicrotask(() => this.pulse.heard()), changed);
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.pulse.stop();
    this.changed();
  }
}

/** A keeper of connections 1, 2, …; each try first does what it is told. */
function kept(settings: Partial<typeof SETTINGS> = {}) {
  const made: FakeConnection[] = [];
  let tries = 0;
  const on: { trying: (n: number) => Promise<void> } = { trying: async () => {} };
  const keeper = new Keeper<FakeConnection>(
    async (changed) => {
      const n = ++tries;
      await on.trying(n);
      const connection = new FakeConnection(String(made.length + 1), changed);
      made.push(connection);
      return connection;
    },
    200,
    { ...SETTINGS, ...settings },
  );
  return { keeper, made, on, tries: () => tries };
}

/** Nobody answers for as long as TCP's handshake is waited for. */
async function silence(): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, SETTINGS.connectMs));
  throw new Unconnected('not-connected', true);
}
async function refusal(): Promise<never> {
  throw new Unconnected('refused', false);
}

test('who waited while names had no address is told so, and not that nobody took the connection', async () => {
  const { keeper, on } = kept();
  await using _ = keeper;
  on.trying = async () => {
    await new Promise((resolve) => setTimeout(resolve, SETTINGS.connectMs));
    throw new Unconnected('dns', true);
  };
  await expect(keeper.take(100)).rejects.toMatchObject({ code: 'dns', silent: true });
  on.trying = silence;
  await expect(keeper.take(200)).rejects.toMatchObject({ code: 'not-connected' });
});

test('a connection that answers is used for everything', async () => {
  const { keeper, tries } = kept();
  await using _ = keeper;
  await keeper.open('it', soon());
  expect(await keeper.take(1_000)).toBe(keeper.ready);
  expect(tries()).toBe(1);
});

test('a lost connection is replaced before anybody asks', async () => {
  const { keeper, made } = kept();
  await using _ = keeper;
  await keeper.open('it', soon());
  made[0]?.close();
  expect(keeper.ready).toBeNull();
  await vi.waitFor(() => expect(keeper.ready?.name).toBe('2'));
});

test('a silent connection is not asked any more, and what it was asked may still be answered', async () => {
  const { keeper, made } = kept();
  await using _ = keeper;
  await keeper.open('it', soon());
  const first = made[0] as FakeConnection;
  first.answers = false;
  first.pulse.asked();
  await vi.waitFor(() => expect(keeper.ready?.name).toBe('2'));
  expect(first.isOpen).toBe(true);
  await vi.waitFor(() => expect(first.isOpen).toBe(false));
});

test('while the network is silent who asks waits, and has the first connection that can be made', async () => {
  const { keeper, made, on } = kept();
  await using _ = keeper;
  await keeper.open('it', soon());
  on.trying = silence;
  made[0]?.close();
  const waiting = keeper.take(10_000);
  await new Promise((resolve) => setTimeout(resolve, 5 * SETTINGS.connectMs));
  on.trying = async () => {};
  expect((await waiting).name).toBe('2');
});

test('who waits in vain is told so at its own time', async () => {
  const { keeper, made, on, tries } = kept();
  await using _ = keeper;
  await keeper.open('it', soon());
  on.trying = silence;
  made[0]?.close();
  await expect(keeper.take(100)).rejects.toMatchObject({ code: 'not-connected', silent: true });
  expect(tries()).toBeGreaterThan(2);
});

test('a silent connection that is heard again goes on', async () => {
  const { keeper, made, on } = kept();
  await using _ = keeper;
  await keeper.open('it', soon());
  const first = made[0] as FakeConnection;
  on.trying = silence;
  first.answers = false;
  first.pulse.asked();
  await vi.waitFor(() => expect(keeper.ready).toBeNull());
  const waiting = keeper.take(10_000);
  first.pulse.heard();
  expect(await waiting).toBe(first);
});

test('a refusal fails at once, but only one that was asked for after the operation came', async () => {
  const { keeper, made, on, tries } = kept();
  await using _ = keeper;
  await keeper.open('it', soon());
  const held = Promise.withResolvers<void>();
  on.trying = async (n) => {
    if (n === 2) await held.promise;
    return refusal();
  };
  made[0]?.close();
  expect(tries()).toBe(2);
  const waiting = keeper.take(10_000);
  const failed = expect(waiting).rejects.toMatchObject({ code: 'refused' });
  held.resolve();
  await failed;
  expect(tries()).toBe(3);
});

test('a refusal that was under way does not fail who came later, when the next try succeeds', async () => {
  const { keeper, made, on } = kept();
  await using _ = keeper;
  await keeper.open('it', soon());
  const held = Promise.withResolvers<void>();
  on.trying = async (n) => {
    if (n > 2) return;
    await held.promise;
    return refusal();
  };
  made[0]?.close();
  const waiting = keeper.take(10_000);
  held.resolve();
  expect((await waiting).name).toBe('2');
});

test('an idle connection that died is noticed without a request', async () => {
  const { keeper, made } = kept({ lookMs: 10 });
  await using _ = keeper;
  await keeper.open('it', soon());
  (made[0] as FakeConnection).answers = false;
  await vi.waitFor(() => expect(keeper.ready?.name).toBe('2'));
});

test('opening gives up with the signal, and says why', async () => {
  const { keeper, on } = kept();
  await using _ = keeper;
  on.trying = refusal;
  await expect(keeper.open('The store', AbortSignal.timeout(50))).rejects.toThrow(
    'The store cannot be reached: refused',
  );
});

test('after the end nobody waits, and nothing is left open', async () => {
  const { keeper, made, on } = kept();
  await keeper.open('it', soon());
  on.trying = silence;
  (made[0] as FakeConnection).answers = false;
  made[0]?.pulse.asked();
  await vi.waitFor(() => expect(keeper.ready).toBeNull());
  const waiting = expect(keeper.take(10_000)).rejects.toMatchObject({ code: 'disposed' });
  await keeper[Symbol.asyncDispose]();
  await waiting;
  expect(made.map(({ isOpen }) => isOpen)).toEqual([false]);
});
