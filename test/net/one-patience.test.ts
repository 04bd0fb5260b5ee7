import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock, QuerySettings, Window } from '../../shared/model.ts';
import { onePatience } from '../../shared/net/one-patience.ts';
import { tellWaits } from '../../shared/net/waits.ts';
import type { Ask, Reply } from '../../shared/source/query/reply.ts';
import { createQuerySource } from '../../shared/source/query/source.ts';
import { createSurvey } from '../../shared/source/query/survey/survey.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 10, 21, 3);
const settings: QuerySettings = {
  url: 'https://api.example.test/v1/apps/1234/query?code=hidden',
  scope: 'https://api.example.test/.default',
  auth: { kind: 'none' },
  schema: { kind: 'app' },
  signals: ['requests'],
  window: hour,
  lag: 0,
  retention: undefined,
  from: start,
  until: start + 100 * hour,
};
const nothing: Reply = {
  status: 0,
  lost: '',
  timedOut: false,
  retryAfter: '',
  age: 0,
  answer: undefined,
  body: undefined,
};

function fakeClock(): Clock {
  let now = start + 200 * hour;
  return {
    now: () => now,
    random: () => 1,
    async sleep(ms) {
      now += ms;
    },
  };
}

/** Windows of an export, one after the other, and how long that took. */
async function windowsRead(ask: Ask, clock: Clock, count: number) {
  const survey = createSurvey({ settings, ask, clock });
  const source = createQuerySource({ settings, ask, clock, survey, counted: true });
  const began = clock.now();
  const errors: string[] = [];
  for (let n = 0; n < count; n++) {
    const window: Window = {
      app: 'shop',
      signal: 'requests',
      source: 'query',
      start: start + n * hour,
      end: start + (n + 1) * hour,
    };
    try {
      const reading = await source.open(window, new AbortController().signal);
      for await (const _ of reading.chunks());
      errors.push('');
    } catch (error) {
      errors.push(String(error));
    }
  }
  return { errors, seconds: (clock.now() - began) / 1000 };
}

const reasons = [
  'the connection failed (ECONNREFUSED)',
  'the connection failed (ENOTFOUND)',
  'the server, or what stands between, refused to agree on TLS (alert 40, handshake failure) (EPROTO)',
  'the connection failed (EHOSTUNREACH)',
];

for (const lost of reasons)
  test(`nobody answers: one patience for the count ahead and all windows: ${lost}`, async () => {
    const told: string[] = [];
    tellWaits((text) => told.push(text));
    const clock = fakeClock();
    const watched = onePatience(clock);
    let asked = 0;
    const ask = watched(settings.url, async () => {
      asked++;
      return { ...nothing, lost };
    });
    const { errors, seconds } = await windowsRead(ask, clock, 3);
    tellWaits(undefined);
    assert.ok(seconds >= 90 && seconds < 95, String(seconds));
    assert.equal(errors.length, 3);
    for (const error of errors) assert.ok(error.includes(`${lost}, for `) && /check the address/.test(error), error);
    assert.equal(told[0], `https://api.example.test cannot be reached: ${lost}; asking again for 90 s`);
    assert.equal(told.length, 1, told.join('\n'));
    assert.ok(asked < 30, String(asked));
  });

test('a firewall that drops what is sent: what the system waited for a connection is part of the one patience', async () => {
  const clock = fakeClock();
  let asked = 0;
  const ask = onePatience(clock)(settings.url, async ({ abort }: { readonly abort: AbortSignal }) => {
    asked++;
    await clock.sleep(130_000, abort);
    return { ...nothing, lost: 'the connection failed (ETIMEDOUT)' };
  });
  const { hopeless } = await ask({ abort: new AbortController().signal });
  assert.match(hopeless ?? '', /\(ETIMEDOUT\), for 130 s; check the address, the network \(DNS, a firewall\)/);
  assert.equal(asked, 1);
});

test('whoever answers again has all the patience again', async () => {
  const clock = fakeClock();
  const watched = onePatience(clock);
  const began = clock.now();
  const answers = (at: number) => at >= 50_000 && at < 60_000;
  const ask = watched(settings.url, async () =>
    answers(clock.now() - began) ? { ...nothing, status: 500 } : { ...nothing, lost: 'gone' },
  );
  const question = { query: '', table: '', rows: { take: async () => {}, takeBack: async () => {} } };
  const abort = new AbortController().signal;
  const first = await ask({ ...question, abort });
  assert.deepEqual([first.status, first.hopeless], [500, undefined]);
  const came = clock.now();
  assert.ok(came - began < 60_000);
  await clock.sleep(10_000, abort);
  const second = await ask({ ...question, abort });
  assert.match(second.hopeless ?? '', /^gone, for 90 s; check the address/);
  assert.ok(clock.now() - came >= 100_000);
});

/** Answers of an endpoint in turn: why it was lost, and after how long; '': it was answered. */
function endpoint(answers: readonly (readonly [lost: string, seconds?: number])[]) {
  const told: string[] = [];
  const clock = fakeClock();
  const left = [...answers];
  const pause = { fails: false };
  const sleep: Clock['sleep'] = async (ms, abort) =>
    pause.fails ? Promise.reject(new Error('gave up')) : clock.sleep(ms, abort);
  const ask = onePatience({ now: clock.now, sleep })(settings.url, async (_: { readonly abort: AbortSignal }) => {
    const [lost, seconds = 0] = left.shift() ?? assert.fail('asked too often');
    await clock.sleep(seconds * 1000, new AbortController().signal);
    return lost === '' ? { ...nothing, status: 200 } : { ...nothing, lost };
  });
  const asked = () => {
    tellWaits((text) => told.push(text));
    return ask({ abort: new AbortController().signal }).finally(() => tellWaits(undefined));
  };
  return { asked, clock, told, pause };
}
const reset = 'the connection failed (ECONNRESET)';
const refused = 'the connection failed (ECONNREFUSED)';

test('one connection that was broken off is asked again without a word, the second is told', async () => {
  const once = endpoint([[reset], [''], [reset], [reset], ['']]);
  assert.deepEqual([(await once.asked()).status, once.told.length], [200, 0]);
  assert.deepEqual([(await once.asked()).status, once.told.length], [200, 1]);
});

test('a question that was given up in its pause counts against no later one', async () => {
  const { asked, clock, pause } = endpoint([[refused], [refused, 89], ['']]);
  pause.fails = true;
  await assert.rejects(asked(), /gave up/);
  pause.fails = false;
  await clock.sleep(5_000, new AbortController().signal);
  assert.equal((await asked()).status, 200);
});

test('a failure long ago that was never answered is none of today', async () => {
  const { asked, clock } = endpoint([...Array.from({ length: 21 }, () => [refused] as const), [reset], ['']]);
  assert.match((await asked()).hopeless ?? '', /, for 90 s; /);
  await clock.sleep(100_000, new AbortController().signal);
  assert.equal((await asked()).status, 200);
});

test('a connection that lasted is broken off by somebody who is there: that is a try of the question', async () => {
  const { asked, told } = endpoint([[reset], [reset, 300]]);
  const { hopeless, lost } = await asked();
  assert.deepEqual([hopeless, lost, told.length], [undefined, reset, 0]);
});
