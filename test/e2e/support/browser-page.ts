import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DEADLINE_MS = 120_000;

type Message = {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: unknown;
  sessionId?: string;
};
type Waiting = { resolve: (value: unknown) => void; reject: (error: Error) => void };

/** A headless Chromium and one page in it, over the DevTools protocol: the part of it that looking at reports needs. */
export class BrowserPage implements AsyncDisposable {
  /** What the page wrote to its console, what it threw, and what its policy refused. */
  readonly complaints: string[] = [];
  private readonly waiting = new Map<number, Waiting>();
  private readonly events = new Map<string, () => void>();
  private next = 0;
  private session = '';
  private readonly process: ChildProcess;
  private readonly socket: WebSocket;
  private readonly profile: string;

  private constructor(process: ChildProcess, socket: WebSocket, profile: string) {
    this.process = process;
    this.socket = socket;
    this.profile = profile;
    socket.addEventListener('message', ({ data }) => this.take(JSON.parse(String(data)) as Message));
    socket.addEventListener('close', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the browser closed'));
    });
  }

  static async open(browser: string): Promise<BrowserPage> {
    const profile = mkdtempSync(join(tmpdir(), 'drill-looks-'));
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const child = spawn(
      browser,
      [
        '--headless',
        ...asRoot,
        '--disable-gpu',
        '--hide-scrollbars',
        '--no-first-run',
        '--disable-background-networking',
        '--remote-debugging-port=0',
        `--user-data-dir=${profile}`,
        'about:blank',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const socket = new WebSocket(await endpointOf(child));
    await within(new Promise((resolve) => socket.addEventListener('open', resolve, { once: true })), 'the browser');
    const page = new BrowserPage(child, socket, profile);
    const { targetInfos } = (await page.send('Target.getTargets')) as {
      targetInfos: { type: string; targetId: string }[];
    };
    const target = targetInfos.find(({ type }) => type === 'page')?.targetId;
    const attached = (await page.send('Target.attachToTarget', { targetId: target, flatten: true })) as {
      sessionId: string;
    };
    page.session = attached.sessionId;
    for (const domain of ['Page', 'Runtime', 'Log']) await page.send(`${domain}.enable`);
    return page;
  }

  /** Loads a page at a width; `height` is what of it is on the first screen. */
  async load(url: string, width: number, height: number): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 500 });
    const loaded = new Promise<void>((resolve) => this.events.set('Page.loadEventFired', resolve));
    await this.send('Page.navigate', { url });
    await within(loaded, url);
  }

  /** Paper instead of a screen, or one of the features of a screen: `prefers-color-scheme`. */
  async media(media: '' | 'print', features: Readonly<Record<string, string>> = {}): Promise<void> {
    const list = Object.entries(features).map(([name, value]) => ({ name, value }));
    await this.send('Emulation.setEmulatedMedia', { media, features: list });
  }

  /** The value of an expression in the page: JSON. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
    })) as { result: { value: T }; exceptionDetails?: { text: string; exception?: { description?: string } } };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** A PNG of a part of the page, in its own pixels. */
  async picture(y: number, width: number, height: number): Promise<Buffer> {
    const clip = { x: 0, y, width, height, scale: 1 };
    const { data } = (await this.send('Page.captureScreenshot', {
      format: 'png',
      clip,
      captureBeyondViewport: true,
    })) as {
      data: string;
    };
    return Buffer.from(data, 'base64');
  }

  async key(key: string): Promise<void> {
    const code = { Tab: 9 }[key] ?? 0;
    for (const type of ['rawKeyDown', 'keyUp'])
      await this.send('Input.dispatchKeyEvent', { type, key, code: key, windowsVirtualKeyCode: code });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.socket.close();
    this.process.kill('SIGKILL');
    await gone;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  private send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.next;
    const answer = new Promise<unknown>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.socket.send(JSON.stringify({ id, method, params, ...(this.session !== '' && { sessionId: this.session }) }));
    return within(answer, method).finally(() => this.waiting.delete(id));
  }

  private take({ id, method, params, result, error }: Message): void {
    if (id !== undefined) {
      const waiting = this.waiting.get(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(JSON.stringify(error)));
    } else if (method !== undefined) {
      if (['Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded'].includes(method))
        this.complaints.push(JSON.stringify(params));
      this.events.get(method)?.();
    }
  }
}

/** The address that Chromium says on its standard error. */
function endpointOf(child: ChildProcess): Promise<string> {
  let said = '';
  const found = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the browser ended with ${code}: ${said.slice(-500)}`)));
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const match = /DevTools listening on (ws:\S+)/.exec(said);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
  });
  return within(found, 'the browser');
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer within ${DEADLINE_MS / 1000} s`)), DEADLINE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
