import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusLines } from '../../../cli/status/lines.ts';
import { CELL_LETTERS } from '../../../shared/status/cells.ts';
import type { StatusRequest } from '../../../shared/status/request.ts';
import type { Status } from '../../../shared/status/schema.ts';
import type { statusOf } from '../../../shared/status/status.ts';
import { wireStatus } from '../../../shared/wire/status.ts';
import { filled } from '../../status/world.ts';
import { run } from '../fake.ts';

/** `insights-lake status` over the ledger of the status page's tests. */

const env = { LAKE_CONTAINER: 'lake' };
const worldOf = async (well: boolean) => {
  const world = await filled({ apps: 3, days: 10, well });
  const ports = wireStatus(world.config, { ...world, ready: async () => {}, rerun: async () => ({}) });
  const range = { start: world.now() - 10 * 86_400_000, end: world.now(), grain: 86_400_000 };
  return { status: ({ app, signals }: StatusRequest) => ports.status({ ...range, app, signals }) };
};

test('what the page says, for a terminal: verdict, what needs a person and why, a strip a feed', async () => {
  const { code, out } = await run(['status'], { operations: await worldOf(false), env });
  assert.equal(code, 1);
  const lines = out.split('\n');
  assert.match(lines[0] ?? '', /^Complete until .*; 1 feed failing; 1 feed late$/);
  assert.match(
    out,
    /- 5 windows of store exceptions failed.*\n {2}query exceptions.*give the identity of the app the role Reader/,
  );
  const strip = lines.find((line) => line.startsWith('store') && line.includes('exceptions'));
  assert.match(strip ?? '', /failed .*█+X█/);
  assert.match(lines.find((line) => line.includes('pageViews') && line.startsWith('shop')) ?? '', /late .*█!/);
  assert.match(out, /X failed/);
  assert.match(out, /windows, [\d,]+ rows, .* in vain/);
});

test('one app; as JSON; 1 while something is late or failed, else 0', async () => {
  const operations = await worldOf(false);
  const one = await run(['status', '--app', 'checkout', '--json'], { operations, env });
  const status: ReturnType<typeof statusOf> & { exitCode: number } = JSON.parse(one.out);
  assert.deepEqual([...new Set(status.feeds.map(({ app }) => app))], ['checkout']);
  assert.deepEqual([one.code, status.exitCode], [0, 0]);
  assert.equal((await run(['status', '--app', 'store'], { operations, env })).code, 1, 'it fails');
  assert.equal((await run(['status', '--app', 'shop'], { operations, env })).code, 1, 'it is late');
  assert.equal((await run(['status'], { operations: await worldOf(true), env })).code, 0);
});

test('--watch looks again every half minute, until it is ended', async () => {
  const { status } = await worldOf(true);
  const looks: number[] = [];
  let end: () => void = () => {};
  const operations = {
    status: async (request: StatusRequest) => {
      looks.push(request.end);
      if (looks.length === 3) end();
      return status(request);
    },
  };
  const { code, out } = await run(['status', '--watch', '--to', '2026-11-26'], {
    ...{ operations, env },
    onAbort: (abort) => {
      end = abort;
    },
  });
  assert.equal(code, 130);
  assert.equal(looks.length, 3);
  assert.equal(out.match(/^Complete until /gm)?.length, 3);
});

test('each kind of window has a sign of its own, and none is blank', () => {
  const feed = { app: 'shop', signal: 'requests', source: 'query', state: 'complete', watermark: null };
  const letters = Object.keys(CELL_LETTERS);
  const cells = letters.join(' ');
  const status = { verdict: { text: '' }, needs: [], feeds: [{ ...feed, cells }], letters: CELL_LETTERS } as unknown;
  const range = { from: '2026-01-01', to: '2026-01-02' };
  const sums = { ...{ written: 0, bytes: 0, late: 0, quarantined: 0, asked: 0, wasted: 0 }, windows: {} };
  const lines = statusLines({ ...(status as Status), at: '2026-01-02', lake: '', range, total: sums } as never, 200);
  const strip = lines.map(([text]) => text).find((text) => text.startsWith('shop')) ?? '';
  const signs = strip.slice(-letters.length);
  assert.equal(new Set(signs).size, letters.length, signs);
  assert.doesNotMatch(signs, / /);
  for (const word of Object.values(CELL_LETTERS))
    assert.ok(
      lines.some(([text]) => text.includes(` ${word}`)),
      word,
    );
});
