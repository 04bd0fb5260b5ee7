/** The status page and its API, called in their worker (worker.ts; the real one where that is at hand). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { statusSchema, windowSchema } from '../../shared/status/schema.ts';
import { HOUR, message, START } from './inputs.ts';
import { type Scene, startScene } from './scene.ts';

const FIRST = 9;
const HOURS = 5;
const at = (hour: number): string => new Date(START + hour * HOUR).toISOString();
const range = { from: at(0), to: at(24) };

let scene: Scene;
before(async () => {
  const settings = { EXPORT_CONTAINER: '', EXPORT_CONNECTION: '' };
  scene = await startScene({ hours: HOURS, from: FIRST, signals: 'requests,traces', settings });
  assert.equal((await scene.call('planWindows')).error, '');
  for (const signal of ['requests', 'traces'])
    for (let hour = FIRST; hour < FIRST + HOURS - 1; hour++) await scene.call('runWindow', message(hour, signal));
});
after(() => scene?.close());

/** As of the last tick of the planner, which adds up what runs have done. */
const status = async () => {
  assert.equal((await scene.call('planWindows')).error, '');
  const { status: code, body } = await scene.ask('statusJson', { query: range });
  assert.equal(code, 200, body);
  return statusSchema.parse(JSON.parse(body));
};

test('its sums are those of the ledger', async () => {
  const { total, verdict, feeds } = await status();
  const entries = await scene.entries();
  const sum = (of: (entry: (typeof entries)[number]) => number) => entries.reduce((all, entry) => all + of(entry), 0);
  const count = (wanted: string) => entries.filter(({ state }) => state === wanted).length;
  assert.deepEqual(
    [total.windows.done, total.windows.due, total.read, total.written, total.asked, total.files, feeds.length],
    [
      ...[count('done'), count('due'), sum(({ counts }) => counts.read), sum(({ counts }) => counts.written)],
      ...[sum(({ asked }) => asked), sum(({ files }) => files.filter(({ rows }) => rows > 0).length), 2],
    ],
  );
  assert.ok(total.written > 0 && count('due') === 2);
  assert.equal(verdict.feeds, 2);
});

test('the page holds no data, a window all that is known of it', async () => {
  const page = await scene.ask('status');
  assert.equal(page.status, 200);
  assert.match(page.headers['content-type'] ?? '', /^text\/html/);
  assert.doesNotMatch(page.body, /shop/);
  const query = { app: 'shop', signal: 'requests', at: at(FIRST) };
  const { body } = await scene.ask('statusWindow', { query });
  const found = windowSchema.parse(JSON.parse(body));
  assert.deepEqual([found.state, found.start.slice(0, 13)], ['done', at(FIRST).slice(0, 13)]);
});

const wrong: readonly (readonly [name: string, asked: Parameters<Scene['ask']>[1], status: number, field: string])[] = [
  ['statusJson', { query: { grain: '7m' } }, 400, 'grain'],
  ['statusJson', { query: { from: at(2), to: at(1) } }, 400, 'from'],
  ['statusJson', { query: { from: '1999-01-01', to: '2026-01-01' } }, 400, ''],
  ['statusJson', { query: { color: 'red' } }, 400, 'color'],
  ['statusWindow', { query: { app: 'shop', signal: 'requests' } }, 400, 'at'],
  ['statusWindow', { query: { app: 'shop', signal: 'request', at: at(FIRST) } }, 400, 'signal'],
  ['statusWindow', { query: { app: 'none', signal: 'requests', at: at(FIRST) } }, 404, 'at'],
  ['steerRerun', { body: '{}', type: 'text/plain' }, 415, 'content-type'],
  ['steerRerun', { body: '{"from"' }, 400, 'body'],
  ['steerRerun', { body: '[]' }, 400, 'body'],
  ['steerRerun', { body: JSON.stringify({ to: 1 }) }, 400, ''],
  ['steerRerun', { body: JSON.stringify({ ...range, signals: ['request'] }) }, 400, 'signals'],
  ['steerRerun', { body: JSON.stringify({ ...range, faulty: 'yes' }) }, 400, 'faulty'],
  ['steerPause', { body: JSON.stringify({ reason: 7 }) }, 400, 'reason'],
  ['steerBackfill', { body: JSON.stringify({ ...range, more: 1 }) }, 400, 'more'],
];
test('what is wrong is answered with its field, and does nothing', async () => {
  const before = await scene.entries();
  for (const [name, asked, code, field] of wrong) {
    const { status: got, body } = await scene.ask(name, asked);
    const { error } = JSON.parse(body);
    assert.equal(got, code, `${name} ${JSON.stringify(asked)}: ${body}`);
    if (field !== '') assert.equal(error.field, field, `${name} ${JSON.stringify(asked)}: ${body}`);
  }
  assert.deepEqual(await scene.entries(), before);
});

test('a rerun is previewed, then done; a paused lake takes nothing until it is resumed', async () => {
  const order = { ...range, signals: ['requests'] };
  const preview = await scene.ask('steerRerun', { body: JSON.stringify({ ...order, dryRun: true }) });
  assert.equal(preview.status, 200, preview.body);
  const asked = await scene.ask('steerRerun', { body: JSON.stringify(order) });
  assert.equal(asked.status, 202, asked.body);
  assert.equal((await scene.ask('steerPause', { body: JSON.stringify({ reason: 'a test' }) })).status, 200);
  const { logs } = await scene.call('runWindow', message(FIRST));
  assert.match(logs.join('\n'), /"state":"held"/);
  assert.equal((await status()).verdict.state, 'paused');
  assert.equal((await scene.ask('steerResume', { body: JSON.stringify({ reason: 'a test' }) })).status, 200);
  for (const signal of ['requests', 'traces'])
    for (let hour = FIRST; hour < FIRST + HOURS; hour++)
      assert.equal((await scene.call('runWindow', message(hour, signal))).error, '');
  const { total } = await status();
  assert.deepEqual([total.windows.done, total.windows.due, total.windows.again], [2 * HOURS, 0, 0]);
  await scene.assertWhole();
});
