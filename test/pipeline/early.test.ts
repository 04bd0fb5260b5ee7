import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Clock, Engine, Feed, Millis, QuerySettings, Window } from '../../shared/model.ts';
import { planFeed } from '../../shared/pipeline/plan.ts';
import { type RunOutcome, runWindow } from '../../shared/pipeline/run.ts';
import type { Ask } from '../../shared/source/query/reply.ts';
import { createQuerySource } from '../../shared/source/query/source.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { textLake, wordEngine } from './world.ts';

/**
 * Planner and runs whose clock is wrong, at a source whose clock is right: a row a minute, which comes in 3 min late.
 */

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 0, 1);
const feed: Feed = { app: 'shop', signal: 'requests', source: 'query' };
let work = '';
before(async () => {
  work = await mkdtemp(join(tmpdir(), 'early-'));
});
after(() => rm(work, { recursive: true }));

/** `time`: what the source's clock says, and when it tells it. */
const sourceOf =
  (time: () => Millis, dated: boolean): Ask =>
  async ({ query }) => {
    const [from = 0, to = 0] = [...query.matchAll(/datetime\((.*?)\)/g)].map((match) => Date.parse(match[1] ?? ''));
    const rows: string[] = [];
    for (let at = from; at < to && at + 3 * minute <= time(); at += minute) rows.push(`["${at}"]\n`);
    const answer = {
      rest: Buffer.from(rows.join('')),
      columns: [{ name: 'a', type: 'string' }],
      rows: rows.length,
      error: undefined,
      fault: undefined,
    };
    const date = dated ? new Date(time()).toUTCString() : '';
    return { status: 200, lost: '', timedOut: false, retryAfter: '', date, age: 0, answer, body: undefined };
  };

/** A file for each window. */
const lineEngine = (): Engine => {
  const { begin, ...engine } = wordEngine();
  return {
    ...engine,
    begin: async (window, folder, revision) => {
      const draft = await begin(window, folder, revision);
      let text = '';
      return {
        ...draft,
        add: async ({ bytes }) => {
          text += Buffer.from(bytes).toString();
          return [];
        },
        finish: async () => [
          { signal: 'requests', partition: 0, part: 1, content: { files: [text], bytes: text.length }, rows: 1 },
        ],
      };
    },
  };
};

/** `hours` of the source's time, with a tick of the planner a minute. `ahead`: how far our clock is, then. */
async function live(ahead: (now: Millis) => Millis, hours: number, dated = true) {
  let now = start;
  const clock: Clock = {
    now: () => now + ahead(now),
    random: () => 0.5,
    sleep: (_, abort) => new Promise((resolve) => abort?.addEventListener('abort', () => resolve())),
  };
  const lag = 10 * minute;
  const settings = { url: 'http://localhost/', schema: { kind: 'app' }, lag } as QuerySettings;
  const messages: { window: Window; at: Millis }[] = [];
  let asked = 0;
  const answers = sourceOf(() => now, dated);
  const ask: Ask = (question) => {
    asked++;
    return answers(question);
  };
  const lake = textLake();
  const ports = {
    ...{ ledger: createMemoryLedger(), lake, clock, engine: lineEngine(), lease: hour, patience: hour / 2, limit: 240 },
    source: createQuerySource({ settings, ask, clock }),
    hints: {
      prepare: async () => {},
      send: async (window: Window, delay: Millis) => void messages.push({ window, at: now + delay }),
    },
    path: (_: unknown, { start: from }: Window) => `hour-${(from - start) / hour}`,
    discard: async () => {},
    withWorkFolder: <T>(use: (folder: string) => Promise<T>) => use(work),
  };
  const outcomes: RunOutcome[] = [];
  for (; now < start + hours * hour + 30 * minute; now += minute) {
    await planFeed(feed, { size: hour, lag, until: start + hours * hour }, start, ports);
    for (const message of messages.filter(({ at }) => at <= now)) {
      messages.splice(messages.indexOf(message), 1);
      outcomes.push(await runWindow(message.window, ports));
    }
  }
  const rows = Object.values(lake.contents()).flatMap((text) => text.trimEnd().split('\n'));
  return { rows: rows.length, outcomes, asked };
}

const cases: readonly (readonly [what: string, ahead: (now: Millis) => Millis, most: number])[] = [
  ['right', () => 0, 6],
  ['half a minute ahead', () => minute / 2, 12],
  ['nine minutes ahead', () => 9 * minute, 12],
  ['an hour ahead', () => hour, 12],
  ['a day ahead', () => 24 * hour, 40],
  ['ten minutes behind', () => -10 * minute, 6],
  ['set right after two hours', (now) => (now < start + 2 * hour ? 3 * hour : 0), 20],
  ['set wrong after two hours', (now) => (now < start + 2 * hour ? 0 : 3 * hour), 20],
];

test('whatever our clock says, a window is read when it has ended by the clock of the source', async () => {
  for (const [what, ahead, most] of cases) {
    const { rows, outcomes, asked } = await live(ahead, 6);
    assert.equal(rows, 6 * 60, what);
    const states = new Set(outcomes.map(({ state }) => state));
    assert.ok(!states.has('failed'), `${what}: ${outcomes.find(({ state }) => state === 'failed')?.error}`);
    const done = outcomes.filter(({ state }) => state === 'done');
    assert.equal(done.length, 6, what);
    assert.ok(
      done.every(({ attempts, revision }) => attempts === 0 && revision <= 8),
      `${what}: what came too early costs no attempt`,
    );
    assert.ok(asked <= most, `${what}: ${asked} questions`);
    const early = outcomes.find(({ state }) => state === 'early' && what !== 'right');
    if (early !== undefined) assert.match(early.error, /too early: .* s behind this machine's/);
  }
});

test('a source that tells no time is read by our clock', async () => {
  const { rows } = await live(() => hour, 6, false);
  assert.ok(rows < 6 * 60, 'rows would be missing: so it is the Date that the other test goes by');
});
