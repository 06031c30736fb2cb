import { execFile } from 'node:child_process';
import { accessSync, closeSync, constants, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { InputError, messageOf } from '../errors.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];
const PRINT_MS = 120_000;
const run = promisify(execFile);

/** An installed Chromium or one of its kind; null when there is none. */
export function findBrowser(path = process.env.PATH ?? ''): string | null {
  const places = path.split(delimiter).filter(Boolean);
  const candidates = [...NAMES.flatMap((name) => places.map((place) => join(place, name))), ...ELSEWHERE];
  return candidates.find(isProgram) ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Prints an HTML file as PDF, with the header and footer that its own style sheet has. An InputError when the browser does not do it. */
export async function printPdf(browser: string, page: string, pdf: string): Promise<void> {
  const profile = mkdtempSync(join(tmpdir(), 'drill-browser-'));
  // A browser does not run as root inside its own sandbox; the page is ours, and its policy forbids scripts and everything from elsewhere.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const quiet = ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'];
  try {
    await run(
      browser,
      [
        '--headless',
        ...asRoot,
        ...quiet,
        '--disable-sync',
        `--user-data-dir=${profile}`,
        '--no-pdf-header-footer',
        `--print-to-pdf=${pdf}`,
        pathToFileURL(page).href,
      ],
      { timeout: PRINT_MS, killSignal: 'SIGKILL' },
    );
    if (!isPdf(pdf)) throw new Error('it wrote no PDF');
  } catch (error) {
    throw new InputError(`${browser} does not print: ${messageOf(error).slice(0, 300)}`, {
      cause: error,
      hint: 'give another one: --browser FILE',
    });
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function isPdf(file: string): boolean {
  const head = Buffer.alloc(5);
  const opened = openSync(file, 'r');
  try {
    readSync(opened, head, 0, head.length, 0);
  } finally {
    closeSync(opened);
  }
  return head.toString('latin1') === '%PDF-';
}
