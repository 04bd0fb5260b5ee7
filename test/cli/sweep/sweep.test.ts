import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Summary } from '../../../cli/deliver/summary.ts';
import { deepFolder, putBeyond, removeAll } from '../out-of-reach.ts';
import { run } from '../real.ts';

/** The commands sweep and requeue over the real pipeline, on folders. */

const base = await mkdtemp(join(tmpdir(), 'insights-sweep-'));
after(() => removeAll(base));

const COMPONENT = 'resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/SHOP';
const KEY = '2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e';
const row = (id: string, time: string) =>
  `${JSON.stringify({ time, Type: 'AppRequests', Id: id, Name: 'GET /', DurationMs: 1, Success: true, _ItemId: id })}\n`;
const record = (id: string, time: string) =>
  `${JSON.stringify({ message: [{ raw: id }], internal: { data: { id } }, context: { data: { eventTime: time } } })}\n`;

async function put(root: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

async function swept(...words: string[]): Promise<Summary> {
  const { code, out, err } = await run(['sweep', ...words, '--format', 'ndjson', '--json']);
  assert.equal(code, 0, err + out);
  return JSON.parse(out) as Summary;
}

/** Ids of the rows in a lake, and what lies in quarantine. */
async function rowsIn(lake: string): Promise<{ ids: string[]; set: number }> {
  const names = (await readdir(lake, { recursive: true })).filter((name) => name.endsWith('.ndjson'));
  const texts = await Promise.all(
    names.map(async (name) => ({ name, text: await readFile(join(lake, name), 'utf8') })),
  );
  const lines = (quarantine: boolean) =>
    texts
      .filter(({ name }) => name.startsWith('_quarantine') === quarantine)
      .flatMap(({ text }) => text.split('\n').filter(Boolean));
  return {
    ids: lines(false)
      .map((line) => JSON.parse(line).itemId)
      .sort(),
    set: lines(true).length,
  };
}

test('sweep: exports of two layouts; run again it does nothing; grown blobs run their windows alone', async () => {
  const [exports, lake] = [join(base, 'exports'), join(base, 'lake')];
  const hourly = (hour: string) => `insights-logs-apprequests/${COMPONENT}/y=2024/m=03/d=01/h=${hour}/m=00/PT1H.json`;
  await put(exports, {
    [hourly('05')]: row('a', '2024-03-01T05:10:00Z'),
    [hourly('06')]: row('b', '2024-03-01T06:10:00Z'),
    [`Shop_${KEY}/Messages/2020-01-31/23/x.blob`]: record('c', '2020-01-31T23:10:00Z'),
    [`insights-logs-appsystemevents/${COMPONENT}/y=2024/m=03/d=01/h=05/m=00/PT1H.json`]: '{}\n',
    [`${hourly('05')}.gz`]: 'packed by somebody',
    [`${hourly('06')}.gz`]: 'packed by somebody',
  });
  const part = await swept('--container', exports, '--out', lake, '--from', '2024-03-01T06:00', '--to', '2024-03-02');
  assert.deepEqual([part.totals.done, part.totals.rows], [1, 1]);
  const rest = await swept('--container', exports, '--out', lake);
  assert.deepEqual([rest.totals.windows, rest.totals.done, rest.totals.unchanged, rest.totals.rows], [3, 2, 1, 3]);
  assert.deepEqual(rest.notices, [
    '2 folders or kinds of blobs that are no signal left out: insights-logs-appsystemevents/resourceId=/, ' +
      `insights-logs-apprequests/${COMPONENT}/….gz`,
  ]);
  assert.deepEqual((await rowsIn(lake)).ids, ['a', 'b', 'c']);
  assert.deepEqual((await swept('--container', exports, '--out', lake)).totals.done, 0);
  await appendFile(join(exports, hourly('05')), row('d', '2024-03-01T05:20:00Z'));
  const grown = await swept('--container', exports, '--out', lake, '--app', 'shop', '--signals', 'requests');
  assert.deepEqual([grown.totals.windows, grown.totals.done], [2, 1]);
  assert.deepEqual((await rowsIn(lake)).ids, ['a', 'b', 'c', 'd']);
});

test('requeue: what was unreadable is read again by the next sweep, although nothing changed', async () => {
  const [exports, lake] = [join(base, 'insights-logs-apprequests'), join(base, 'requeued')];
  await put(exports, {
    [`${COMPONENT}/y=2024/m=03/d=01/h=05/m=00/PT1H.json`]: `${row('a', '2024-03-01T05:10:00Z')}not json\n`,
    [`${COMPONENT}/y=2024/m=03/d=01/h=06/m=00/PT1H.json`]: row('b', '2024-03-01T06:10:00Z'),
  });
  const first = await swept('--container', exports, '--out', lake);
  assert.deepEqual([first.totals.done, first.totals.quarantined], [2, 1]);
  const { out } = await run(['requeue', '--out', lake]);
  assert.match(out, /^1 of 2 windows are due again \(1 with quarantined records, 0 failed\)/);
  const second = await swept('--container', exports, '--out', lake);
  assert.deepEqual([second.totals.done, second.totals.unchanged], [1, 1]);
  assert.deepEqual(await rowsIn(lake), { ids: ['a', 'b'], set: 1 });
  assert.equal((await swept('--container', exports, '--out', lake)).totals.done, 0);
});

test('a sweep from the year 1 on is one of all', async () => {
  const [exports, lake] = [join(base, 'early'), join(base, 'early-lake')];
  await put(exports, { [`Shop_${KEY}/Messages/2020-01-31/05/x.blob`]: record('a', '2020-01-31T05:10:00Z') });
  const all = await swept('--container', exports, '--out', lake, '--from', '0001-01-01', '--to', '9999-12-31');
  assert.equal(all.totals.done, 1);
  assert.deepEqual(await rowsIn(lake), { ids: ['a'], set: 0 });
});

test('a container that cannot be listed is exit code 3; settings that do not fit 2', async (t) => {
  const storage = createServer((_, response) =>
    response.writeHead(403, { 'x-ms-error-code': 'AuthorizationFailure' }).end(),
  );
  await once(storage.listen(0, '127.0.0.1'), 'listening');
  t.after(() => storage.close());
  const { port } = storage.address() as AddressInfo;
  const none = `http://127.0.0.1:${port}/devstoreaccount1/none?sv=1&sig=hush`;
  const { code, err } = await run(['sweep', '--container', none, '--out', join(base, 'x')]);
  assert.equal(code, 3, err);
  assert.doesNotMatch(err, /hush/);
  const wrong = await run(['requeue']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /requeue: whose app\? .* --settings <file>/);
});

test('sweep: a folder that cannot be opened costs what lies in it, is named, and ends with exit code 1', async () => {
  const [exports, lake] = [deepFolder(join(base, 'closed'), 200), join(base, 'closed-lake')];
  const blob = (hour: string, name = 'x.blob') => `Shop_${KEY}/Messages/2020-01-31/${hour}/${name}`;
  await put(exports, {
    [blob('05')]: record('a', '2020-01-31T05:10:00Z'),
    [blob('06')]: record('b', '2020-01-31T06:10:00Z'),
    [blob('07')]: record('c', '2020-01-31T07:10:00Z'),
    [`insights-logs-apprequests/${COMPONENT}/y=2024/m=03/d=01/h=05/m=00/PT1H.json`]: row('d', '2024-03-01T05:10:00Z'),
  });
  const sweep = async (...more: string[]) => {
    const words = ['sweep', '--container', exports, '--out', lake, '--format', 'ndjson', '--json', ...more];
    const { code, out } = await run(words);
    const { totals, incomplete, failures }: Summary = JSON.parse(out);
    return { code, totals, incomplete, failures };
  };
  assert.deepEqual([(await sweep()).code, (await rowsIn(lake)).ids], [0, ['a', 'b', 'c', 'd']]);
  // A folder of somebody's at the top, another app, and one within an hour that has changed since.
  putBeyond(exports, 'l'.repeat(220), 'x.json', '');
  putBeyond(exports, `${'q'.repeat(180)}_${KEY}/Messages`, 'x.json', '');
  putBeyond(exports, blob('06', 'z'.repeat(220)), 'x.json', '');
  await put(exports, { [blob('06', 'y.blob')]: record('e', '2020-01-31T06:20:00Z') });
  await put(exports, { [blob('07', 'y.blob')]: record('f', '2020-01-31T07:20:00Z') });
  for (const [more, done] of [
    [[], 1],
    [['--window', '6h'], 0],
    [['--from', '2020-01-31', '--to', '2020-02-01'], 0],
  ] as const) {
    const { code, totals, incomplete, failures } = await sweep(...more);
    assert.deepEqual([code, totals.failed, totals.done], [1, 0, done], JSON.stringify(failures));
    assert.deepEqual((await rowsIn(lake)).ids, ['a', 'b', 'c', 'd', 'f'], 'the hour that is not known stays as it is');
    assert.equal(incomplete.length, 3, incomplete.join('\n'));
    for (const name of ['lll', 'qqq', '/06/'])
      assert.ok(
        incomplete.some((text) => text.includes(name) && text.includes('ENAMETOOLONG')),
        incomplete.join('\n'),
      );
  }
});

test('sweep: nothing but a folder that cannot be opened: nothing can be done, and that is said', async () => {
  const exports = deepFolder(join(base, 'all-closed'), 200);
  putBeyond(exports, 'l'.repeat(220), 'x.json', '');
  const { code, err } = await run(['sweep', '--container', exports, '--out', join(base, 'none'), '--format', 'ndjson']);
  assert.equal(code, 3);
  assert.match(err, /ENAMETOOLONG/);
});

test('a copy that was read once and is left out now is there: its window is brought up to date', async () => {
  const [exports, lake] = [join(base, 'copied'), join(base, 'copied-lake')];
  const folder = join(exports, `Shop_${KEY}/Messages/2020-01-31/23`);
  const put = async (file: string, level: number, ...ids: string[]) => {
    const text = ids.map((id) => record(id, '2020-01-31T23:10:00Z')).join('');
    await writeFile(join(folder, file), gzipSync(text, { level }));
  };
  await mkdir(folder, { recursive: true });
  await put('x.blob.gz', 0, 'a', 'c');
  await put('x (1).blob.gz', 9, 'a', 'b');
  await swept('--container', exports, '--out', lake);
  assert.deepEqual((await rowsIn(lake)).ids, ['a', 'b', 'c']);
  await put('x.blob.gz', 9, 'a', 'b', 'c', 'd');
  const { totals } = await swept('--container', exports, '--out', lake);
  assert.deepEqual([totals.done, totals.unchanged], [1, 0]);
  assert.deepEqual((await rowsIn(lake)).ids, ['a', 'b', 'c', 'd']);
});

test('sweep: a lake in a dated folder of the export itself is refused, by a link as well; beside them it is taken', async () => {
  const exports = join(base, 'among');
  const hour = `insights-logs-apprequests/${COMPONENT}/y=2024/m=03/d=01/h=08`;
  await put(exports, { [`${hour}/m=00/PT1H.json`]: row('a', '2024-03-01T08:05:00Z') });
  await symlink(join(exports, hour), join(base, 'among-link'));
  for (const lake of [join(exports, hour, 'lake'), join(exports, hour), join(base, 'among-link', 'new', 'lake')]) {
    const { code, err } = await run(['sweep', '--container', exports, '--out', lake, '--app', 'shop']);
    assert.equal(code, 2, err);
    assert.match(err, /sweep: --out lies in a folder of the export that is read \(.*h=08.*name a folder outside/);
  }
  assert.deepEqual(await readdir(join(exports, hour)), ['m=00']);
  await swept('--container', exports, '--out', join(exports, 'lake'), '--app', 'shop');
  assert.deepEqual((await rowsIn(join(exports, 'lake'))).ids, ['a']);
});
