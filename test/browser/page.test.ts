import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referenceExecutor } from 'osculate';
import { ortExecutor } from 'osculate/node';
import { type Browser, chromium } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { study } from '../../examples/browser.js';
import { describeUnless } from '../../packages/osculate/test/support/describe-unless.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const executablePath = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find(existsSync);

type Study = Awaited<ReturnType<typeof study>>;

/** The page's program and what it loads later, as a bundler makes them for browsers, by path. */
async function bundle(): Promise<Map<string, string>> {
  const build = await rolldown({ input: join(root, 'examples/browser.ts'), platform: 'browser' });
  const { output } = await build.generate({ format: 'esm', entryFileNames: '[name].ts' });
  await build.close();
  return new Map(output.flatMap((file) => (file.type === 'chunk' ? [[`/${file.fileName}`, file.code]] : [])));
}

/** The page as examples/browser.html has it, its program bundled under the name that it asks for, and ONNX Runtime's WebAssembly beside it. */
async function serve(): Promise<Server> {
  const scripts = await bundle();
  const server = createServer(({ url = '' }, response) => {
    const send = (type: string, body: string | Uint8Array) => response.setHeader('content-type', type).end(body);
    const script = scripts.get(url);
    if (script !== undefined) send('text/javascript', script);
    else if (url === '/') send('text/html', readFileSync(join(root, 'examples/browser.html')));
    else if (/^\/ort-[\w.-]+\.wasm$/.test(url))
      send('application/wasm', readFileSync(join(root, 'node_modules/onnxruntime-web/dist', url)));
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** What the page at an address shows, and the addresses of all its requests. */
async function visit(browser: Browser, address: string): Promise<{ found: Record<string, Study>; requests: URL[] }> {
  const page = await browser.newPage();
  const requests: URL[] = [];
  page.on('request', (request) => void requests.push(new URL(request.url())));
  const failed = new Promise<never>((_, reject) => page.on('pageerror', reject));
  await page.goto(address);
  const text = await Promise.race([failed, page.locator('pre:not(:empty)').textContent({ timeout: 120_000 })]);
  return { found: JSON.parse(text ?? ''), requests };
}

const decrease = ({ losses }: Study): number => losses[0]! - losses.at(-1)!;

describeUnless(executablePath ? undefined : 'no Chromium on the PATH')('a page in Chromium', () => {
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    server = await serve();
    const args = [
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ];
    browser = await chromium.launch({ ...(executablePath && { executablePath }), args });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it('trains by K-FAC and finds eigenvalues as Node does, and asks no other host', { timeout: 180_000 }, async () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    const origin = `http://127.0.0.1:${address.port}`;
    const { found, requests } = await visit(browser, `${origin}/`);
    expect([...new Set(requests.map((url) => url.origin))]).toEqual([origin]);
    expect(requests.some(({ pathname }) => pathname.endsWith('.wasm'))).toBe(true);
    expect(found.wasm!.notes).toEqual([]);
    expect(found.reference!.notes.join()).toMatch('the reference executor computes');

    const executor = await ortExecutor();
    const expected = { wasm: await study(executor), reference: await study(referenceExecutor()) };
    await executor.dispose();
    for (const name of ['wasm', 'reference'] as const) {
      expect(decrease(expected[name])).toBeGreaterThan(0.02);
      expect(Math.abs(decrease(found[name]!) / decrease(expected[name]) - 1)).toBeLessThan(1e-3);
      expect(found[name]!.eigenvalues).toHaveLength(3);
      for (const [i, value] of expected[name].eigenvalues.entries())
        expect(Math.abs(found[name]!.eigenvalues[i]! / value - 1)).toBeLessThan(1e-3);
    }
  });
});
