/** A real Chromium for tests of the page: the machine's own, which `.ci/run` installs from Debian. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { patienceMs } from './patience.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  .filter((path) => existsSync(path))
  .at(0);

/** Why tests in a browser are left out; false where there is one. */
export const withoutBrowser =
  executablePath === undefined ? 'there is no Chromium: apt-get install chromium' : false;

/** Starts Chromium for the duration of `work`. */
export async function withBrowser(work: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    // Tests run as root in containers, where its sandbox cannot be made.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    timeout: patienceMs,
  });
  try {
    await work(browser);
  } finally {
    await browser.close();
  }
}

/** A page in a browser, and what went wrong in it. */
export type Visit = {
  readonly page: Page;
  /** What the Content-Security-Policy forbade, and what the page wrote as errors. */
  readonly problems: readonly string[];
  /** What was transferred over the network so far. */
  readonly countBytes: () => number;
};

/** Opens an address. The times of the reader are those of Berlin, unless the options say otherwise. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', ...options });
  // Also for the tabs that a test opens itself.
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    // An answer with a status such as 403 is shown in the page.
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isAnswer) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  let bytes = 0;
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto(url);
  return { page, problems, countBytes: () => bytes };
}

const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** Checks that axe-core finds nothing in what the page shows, in light and in dark. */
export async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(axe);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const found = await page.evaluate<string[]>(
      `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
         nodes.map(({ target, failureSummary }) => id + ' ' + target + ': ' + failureSummary)))`,
    );
    assert.deepEqual(found, [], colorScheme);
  }
}

/** Checks that nothing is wider than the window: what is wide scrolls in its own box. */
export async function assertFits(page: Page, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 800 });
  const found = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.ok(found <= width, `${found} px wide in a window of ${width} px`);
}
