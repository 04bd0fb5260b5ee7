import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { rerunWindows } from '../../shared/pipeline/ask/rerun.ts';
import { answerOrder, answerQuestion, type Order } from '../../shared/status/answer.ts';
import { csp, html } from '../../shared/status/page.generated.ts';
import { wireStatus } from '../../shared/wire/status.ts';
import { filled } from '../status/world.ts';
import { chromium, type Page, withPage } from './browser.ts';

/** The page in headless Chromium, where it is installed (Debian: apt-get install chromium), or where CHROMIUM says. */

const skip = chromium === undefined && 'no Chromium on this machine';
let server: Server;
let url: string;
const posted: string[] = [];

// Each test has a ledger of its own: one that has a window run again leaves the next one nothing to do.
beforeEach(async () => {
  const { ledger, config, now } = await filled({ apps: 3, days: 30 });
  const clock = { now, sleep: async () => {}, random: () => 0.5 };
  const ports = wireStatus(config, {
    ledger,
    now,
    ready: async () => {},
    rerun: (order) => rerunWindows(order, { ledger, clock }),
  });
  server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    const name = pathname.replace('/api/', '');
    if (name === 'status')
      return response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': csp }).end(html);
    if (request.headers['x-functions-key'] !== 'secret' && searchParams.get('key') !== 'none')
      return response.writeHead(401).end();
    let body = '';
    for await (const piece of request) body += piece;
    if (request.method === 'POST') posted.push(`${name} ${body}`);
    const given = {
      ...Object.fromEntries(searchParams),
      to: searchParams.has('to') ? '2026-11-26T10:00Z' : undefined,
      from: searchParams.has('from') ? '2026-10-28' : undefined,
    };
    const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >;
    const answer =
      request.method === 'POST'
        ? await answerOrder(name as Order, body, ports)
        : await answerQuestion(name === 'window' ? 'window' : 'status', known, ports);
    return response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/status`;
});
afterEach(() => server.close());

const ready = "!document.getElementById('all').hidden";
const focused = (page: Page) =>
  page.evaluate<string>('document.activeElement.getAttribute("aria-label") ?? document.activeElement.id');

/** Name of what has the focus, and whether an outline or a cursor shows it. */
const focusedStop = `(() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const cursor = one.querySelector('.cursor');
  const outlined = style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0;
  const box = one.getBoundingClientRect();
  return {
    label: one.getAttribute('aria-label') ?? (one.textContent.trim().slice(0, 60) || one.id),
    isSeen: box.width > 0 && (outlined || (cursor !== null && getComputedStyle(cursor).display !== 'none')),
  };
})()`;

/** Rules of axe-core that are broken, with the first element of each. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  return page.evaluate<string[]>(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html + " " + ' +
      'nodes[0].failureSummary))',
  );
}

describe('the page in a browser', { skip }, () => {
  test('axe finds nothing, dark and light, at three widths, in the page and in its dialogs', async () => {
    await withPage(async (page) => {
      for (const [width, scheme] of [
        [360, 'light'],
        [1440, 'dark'],
        [3840, 'light'],
      ] as const) {
        await page.resize(width, 1000);
        await page.media({ 'prefers-color-scheme': scheme, 'prefers-reduced-motion': 'reduce' });
        await page.open(`${url}?code=secret`);
        await page.until(ready);
        assert.deepEqual(await faults(page), [], `${width} ${scheme}`);
        assert.ok(
          await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'),
          `${width}: it is wider than its window`,
        );
      }
      await page.resize(1440, 1000);
      await page.open(`${url}?window=store|exceptions|query|2026-11-24T03:00:00.000Z`);
      await page.until("document.querySelector('#window-view dl')");
      assert.deepEqual(await faults(page), []);
      // The key is kept by the tab, and gone from the address.
      assert.doesNotMatch(await page.evaluate<string>('location.href'), /secret/);
      assert.deepEqual(
        page.complaints.filter((each) => !each.includes('favicon')),
        [],
      );
    });
  });

  test('with the keyboard alone: to the failed cell, why it failed, run again with a preview', async () => {
    await withPage(async (page) => {
      await page.resize(1440, 1000);
      await page.open(url);
      await page.until("!document.getElementById('key-form').hidden");
      for (const letter of 'secret') await page.key(letter, letter);
      await page.key('Enter');
      await page.until(ready);
      await page.evaluate("document.querySelector('.strip').focus()");
      for (let n = 0; n < 40 && (await focused(page)) !== 'store exceptions, failed'; n++) await page.key('ArrowDown');
      assert.equal(await focused(page), 'store exceptions, failed');
      const text = () => page.evaluate<string>("document.activeElement.getAttribute('aria-valuetext')");
      for (let n = 0; n < 40 && !/failed/.test(await text()); n++) await page.key('ArrowLeft');
      assert.match(await text(), /2026-11-24 .*failed/);
      await page.key('Enter');
      await page.until("document.querySelector('#window-view .error')");
      assert.match(
        await page.evaluate<string>("document.querySelector('#window-view .error').textContent"),
        /give the identity of the app the role Reader/,
      );
      assert.match(await page.evaluate<string>('location.search'), /window=store/);
      await page.evaluate("[...document.querySelectorAll('#window-view button')].at(-1).focus()");
      await page.key('Enter');
      await page.until("document.activeElement.id === 'act-key'");
      for (const letter of 'secret') await page.key(letter, letter);
      posted.length = 0;
      await page.key('Enter');
      await page.until("/windows of the range run again/.test(document.getElementById('act-text').textContent)");
      assert.match(posted[0] ?? '', /^rerun .*"dryRun":true/);
      await page.key('Enter');
      await page.until("!document.getElementById('act').open");
      assert.match(posted.at(-1) ?? '', /^rerun .*"dryRun":false/);
    });
  });

  test('the Tab key alone: from the verdict to what needs a person, why it failed, and run again', async () => {
    await withPage(async (page) => {
      await page.resize(1280, 900);
      await page.open(`${url}?code=secret`);
      await page.until(ready);
      const stops: string[] = [];
      const tabTo = async (name: RegExp) => {
        for (let n = 0; n < 40; n++) {
          await page.key('Tab');
          const { label, isSeen } = await page.evaluate<{ label: string; isSeen: boolean }>(focusedStop);
          stops.push(label);
          assert.ok(isSeen, `${label} has the focus, and nobody sees it`);
          if (name.test(label)) return;
        }
        assert.fail(`no ${name} among ${stops.join(' | ')}`);
      };
      await tabTo(/^Skip to what needs a person$/);
      await tabTo(/^Show window$/);
      await page.key('Enter');
      await page.until("document.querySelector('#window-view .error')");
      const why = await page.evaluate<string>("document.getElementById('window-view').textContent");
      assert.match(why, /Why it failed.*403.*give the identity of the app the role Reader.*tried again/s);
      await tabTo(/^Run again…$/);
      await page.key('Enter');
      await page.until("document.activeElement.id === 'act-key'");
      for (const letter of 'secret') await page.key(letter, letter);
      posted.length = 0;
      await tabTo(/^Preview$/);
      await page.key('Enter');
      await page.until("/1 of 1 windows of the range run again/.test(document.getElementById('act-text').textContent)");
      assert.match(posted[0] ?? '', /"dryRun":true/);
      await page.key('Enter');
      await page.until("!document.getElementById('act').open");
      assert.match(posted.at(-1) ?? '', /"dryRun":false/);
      await page.key('Escape');
      await page.until("!document.getElementById('window').open");
      // All strips are one stop; behind them come the table of days and the buttons of the lake.
      stops.length = 0;
      await tabTo(/^Pause…$/);
      assert.equal(stops.filter((label) => /, (complete|late|failed)$/.test(label)).length, 1, stops.join(' | '));
    });
  });

  test('a strip for each feed, and it looks again by itself', async () => {
    await withPage(async (page) => {
      await page.resize(1440, 1000);
      await page.open(`${url}?code=secret`);
      await page.until(ready);
      const strips = await page.evaluate<number>("document.querySelectorAll('.strip').length");
      assert.equal(strips, 30);
      assert.equal(
        await page.evaluate<string>("document.getElementById('refresh').getAttribute('aria-pressed')"),
        'true',
      );
    });
  });
});
