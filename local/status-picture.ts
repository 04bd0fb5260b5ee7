/**
 * Draws the picture of the status page that README shows: `npm run picture`, where Chromium is installed. What it shows
 * is the world of the page's tests (test/status/world.ts), so it changes only with the page.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { answerQuestion } from '../shared/status/answer.ts';
import { csp, html } from '../shared/status/page.generated.ts';
import { wireStatus } from '../shared/wire/status.ts';
import { chromium, withPage } from '../test/page/browser.ts';
import { filled, NOW } from '../test/status/world.ts';

const target = join(import.meta.dirname, '../docs/status.png');
const width = 1280;
const height = 1100;

if (chromium === undefined) throw new Error('npm run picture: there is no Chromium; install it, or set CHROMIUM');
const world = await filled({ apps: 3, days: 30 });
const ports = wireStatus(world.config, { ...world, ready: async () => {}, rerun: async () => ({}) });
const server = createServer(async ({ url = '/' }, response) => {
  if (url.endsWith('/status'))
    return response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': csp }).end(html);
  const to = new Date(Math.ceil(NOW / 3_600_000) * 3_600_000).toISOString();
  const { body } = await answerQuestion('status', { to }, ports);
  return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
await withPage(async (page) => {
  await page.resize(width, height);
  await page.media({ 'prefers-color-scheme': 'light' });
  await page.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/status`);
  await page.until("!document.getElementById('all').hidden");
  writeFileSync(target, await page.screenshot(false));
});
server.close();
server.closeAllConnections();
