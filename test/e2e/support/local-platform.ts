import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { type LocalConfig, loadLocalConfig } from '../../../src/platform/local/config.ts';
import { startLocalPlatform, stopLocalPlatform } from '../../../src/platform/local/local-platform.ts';
import type { Platform } from '../../../src/platform/platform.ts';

const START_MS = 240_000;
const STOP_MS = 30_000;

/** The platform of a test file. Disposing it ends the platform, also one that was never up or is gone already, and removes what it left. */
export interface TestPlatform extends AsyncDisposable {
  readonly platform: Platform;
  /** For what the tests write, removed with the platform. */
  readonly directory: string;
  /** Where the platform keeps its state. */
  readonly state: string;
}

/** Starts a local platform whose state and lever are its own. When it cannot be started, nothing of it is left. */
export async function startTestPlatform(config: LocalConfig = loadLocalConfig()): Promise<TestPlatform> {
  const directory = mkdtempSync(join(tmpdir(), 'drill-e2e-'));
  const state = join(directory, 'state');
  vi.stubEnv('DRILL_STATE', state);
  vi.stubEnv('DRILL_LEVER', join(directory, 'lever'));
  const stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  stack.defer(() => void vi.unstubAllEnvs());
  stack.defer(async () => void (await stopLocalPlatform(AbortSignal.timeout(STOP_MS))));
  try {
    const signal = AbortSignal.timeout(START_MS);
    const platform = stack.use(await startLocalPlatform({ config, owned: false, signal, onProgress: () => {} }));
    return { platform, directory, state, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
