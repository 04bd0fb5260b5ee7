import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Summary } from '../../../cli/deliver/summary.ts';
import { deepFolder, putBeyond, removeAll } from '../out-of-reach.ts';
import { run } from '../real.ts';

/** What people really have on disk, through the whole pipeline; `inspect` must come to the same verdict. */
const base = await mkdtemp(join(tmpdir(), 'insights-situations-'));
after(() => removeAll(base));

const COMPONENT = 'resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/TILL';
const WORKSPACE =
  'WorkspaceResourceId=/subscriptions/s/resourcegroups/g/providers/microsoft.operationalinsights/workspaces/w';
const diagnostic = (hour: string, file = 'PT1H.json') =>
  `insights-logs-apptraces/${COMPONENT}/y=2026/m=03/d=04/h=${hour}/m=00/${file}`;
const exported = (hour: string, file = 'PT05M.json') =>
  `am-apptraces/${WORKSPACE}/y=2026/m=03/d=04/h=${hour}/m=00/${file}`;
const classic = (hour: string, file = 'aaaa_20260304_051000.blob') =>
  `shop_1234567890abcdef1234567890abcdef/Messages/2026-03-04/${hour}/${file}`;

const flat = (minute: number, more: object = {}) => ({
  time: `2026-03-04T05:${String(minute).padStart(2, '0')}:00Z`,
  ...{ Type: 'AppTraces', Message: `m${minute}`, ItemCount: 1, ...more },
});
const old = (minute: number) => ({
  message: [{ raw: `m${minute}` }],
  internal: { data: { id: `id-${minute}` } },
  context: { data: { eventTime: `2026-03-04T05:${String(minute).padStart(2, '0')}:00Z` } },
});
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const some = (count: number, make: (minute: number) => object = flat) =>
  lines(Array.from({ length: count }, (_, minute) => make(minute)));
const big = 'y'.repeat(66_000);

let folders = 0;
async function put(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = join(base, `in-${++folders}`);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

/** Rows in the lake, and lines of quarantine. */
async function found(lake: string): Promise<{ rows: number; aside: number }> {
  const seen = { rows: 0, aside: 0 };
  const names = await readdir(lake, { recursive: true }).catch(() => []);
  for (const name of names.filter((each) => each.endsWith('.ndjson'))) {
    const text = await readFile(join(lake, name), 'utf8');
    seen[name.startsWith('_') ? 'aside' : 'rows'] += text.split('\n').length - 1;
  }
  return seen;
}

interface Situation {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly code: number;
  readonly rows: number;
  readonly aside?: number;
  /** Of the notices, or of what may be missing. */
  readonly told?: RegExp;
}

const partialAnswer = (error: object) =>
  JSON.stringify({
    tables: [
      {
        name: 'PrimaryResult',
        columns: ['timestamp', 'itemType', 'message'].map((name) => ({ name })),
        rows: [['2026-03-04T05:00:00Z', 'trace', 'm']],
      },
    ],
    error,
  });
const audit = lines(Array.from({ length: 5 }, () => ({ time: '2026-03-04T05:01:00Z', category: 'AuditEvent' })));
const vault = 'resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V';
const hour = 'y=2026/m=03/d=04/h=05/m=00/PT1H.json';
const situations: Readonly<Record<string, Situation>> = {
  'a first record of 66 kB, as lines': {
    files: { 'b.json': lines([flat(0, { Message: big }), flat(1)]) },
    code: 0,
    rows: 2,
  },
  'a first record of 66 kB, packed': {
    files: { 'b.json.gz': gzipSync(lines([flat(0, { Message: big }), flat(1)])) },
    code: 0,
    rows: 2,
  },
  'a first record of 66 kB, in a batch': {
    files: { 'b.json': JSON.stringify({ records: [flat(0, { Message: big }), flat(1)] }) },
    code: 0,
    rows: 2,
  },
  'a first record of 66 kB, of Continuous Export': {
    files: { 'b.blob': lines([{ ...old(0), message: [{ raw: big }] }, old(1)]) },
    code: 0,
    rows: 2,
  },
  'another table first: set aside, one by one': {
    files: {
      'b.json': some(80, (n) => flat(n % 60, { Type: 'AppSystemEvents', Message: 'y'.repeat(1000) })) + some(5),
    },
    code: 0,
    rows: 5,
    aside: 80,
  },
  'what Logic Apps archive': { files: { 'b.json': JSON.stringify({ value: [flat(0), flat(1)] }) }, code: 0, rows: 2 },
  'a raw answer of the query API': {
    files: {
      'answer.json': JSON.stringify({
        tables: [
          {
            name: 'PrimaryResult',
            columns: ['timestamp', 'itemType', 'message', 'customDimensions', 'appName'].map((name) => ({ name })),
            rows: [0, 1, 2].map((n) => [`2026-03-04T05:0${n}:00Z`, 'trace', `m${n}`, '{"a":"b"}', 'shop']),
          },
        ],
      }),
    },
    code: 0,
    rows: 3,
  },
  'an answer that says of itself that it is not whole': {
    files: { 'answer.json': partialAnswer({ code: 'PartialError' }), [diagnostic('05')]: some(4) },
    code: 1,
    rows: 4,
    told: /^1 file that is a part only: answer\.json \(an answer that says .* not whole \(PartialError\); ask again .*\)$/,
  },
  'one page of a list': {
    files: {
      'page.json': JSON.stringify({ '@odata.context': 'x', value: [flat(0), flat(1)], nextLink: 'https://more.test/' }),
    },
    code: 1,
    rows: 2,
    aside: 1,
    told: /^1 file that is a part only: page\.json \(one page of several: .* nextLink has more records; get that, too\)$/,
  },
  'one page of a list among the blobs of an export': {
    files: {
      [diagnostic('05')]: JSON.stringify({ value: [flat(0), flat(1)], nextLink: 'https://more.test/' }),
      [diagnostic('06')]: some(4),
    },
    code: 1,
    rows: 6,
    aside: 1,
    told: /^1 file that is a part only: .*PT1H\.json \(one page of several: .* nextLink has more .*; get that, too\)$/,
  },
  'the last page of a list': {
    files: {
      'page.json': JSON.stringify({ '@odata.context': 'x', count: 2, value: [flat(0), flat(1)], nextLink: null }),
    },
    code: 0,
    rows: 2,
  },
  'lists of OData among the blobs of an export': {
    files: {
      [diagnostic('05')]:
        `${JSON.stringify({ value: [flat(0), flat(1)] })}\n` +
        `${JSON.stringify({ '@odata.count': 1, value: [flat(2)] })}\n`,
    },
    code: 0,
    rows: 3,
  },
  'classic and flat records in one file': {
    files: {
      'mixed.json': some(2, old) + some(5) + lines([{ ...flat(7), time: undefined, TimeGenerated: flat(7).time }]),
    },
    code: 0,
    rows: 8,
  },
  'classic and flat records in one list': {
    files: { 'mixed.json': JSON.stringify({ records: [flat(0), old(1), flat(2), old(3), old(4)] }) },
    code: 0,
    rows: 5,
  },
  'an account with containers of other services': {
    files: {
      [diagnostic('05')]: some(4),
      [`insights-logs-auditevent/${vault}/${hour}`]: audit,
      [`insights-metrics-pt1m/${vault}/${hour}`]: audit,
    },
    code: 0,
    rows: 4,
    told: /^10 records of other .* left out: insights-logs-auditevent \(5\), insights-metrics-pt1m \(5\)$/,
  },
  'logs of another service below its resource, without the container': {
    files: { [diagnostic('05')]: some(4), [`x/${vault}/${hour}`]: audit },
    code: 0,
    rows: 4,
    told: /^5 records .*: MICROSOFT\.KEYVAULT\/VAULTS \(5\)$/,
  },
  'a type folder that is no signal': {
    files: { [classic('05')]: some(4, old), [classic('05').replace('Messages', 'Sessions')]: '{"a":1}\n' },
    code: 0,
    rows: 4,
    told: /^1 record .*: Sessions \(1\)$/,
  },
  'another JSON file with a time': {
    files: { [diagnostic('05')]: some(4), 'app.json': '{"time":"2026-03-04T05:00:00Z","level":"info"}\n' },
    code: 0,
    rows: 4,
    told: /^1 record .*JSON of no kind that is known/,
  },
  'a download of azcopy that did not end': {
    files: { [diagnostic('05')]: some(10), [diagnostic('06', '.azDownload-04f77c01-PT1H.json')]: some(6) },
    code: 1,
    rows: 10,
    told: /^1 unfinished download: \.azDownload-04f77c01-PT1H\.json; download again/,
  },
  'a download of a browser that did not end': {
    files: { [diagnostic('05')]: some(10), [diagnostic('06', 'PT1H.json.crdownload')]: some(6) },
    code: 1,
    rows: 10,
    told: /^1 unfinished download: PT1H\.json\.crdownload/,
  },
  'a hidden file': {
    files: { [diagnostic('05')]: some(10), [diagnostic('06', '.PT1H.json')]: some(6) },
    code: 0,
    rows: 10,
    told: /^1 hidden file or folder left out: \.PT1H\.json$/,
  },
  'a copy of the same': {
    files: { [diagnostic('05')]: some(10), [diagnostic('05', 'PT1H (1).json')]: some(10) },
    code: 0,
    rows: 10,
    told: /^1 copy of a file that is read, left out: PT1H \(1\)\.json$/,
  },
  'a copy of the same, packed, of data export': {
    files: { [exported('05')]: some(10), [exported('05', 'PT05M.json.gz')]: gzipSync(some(10)) },
    code: 0,
    rows: 10,
    told: /^1 copy of a file that is read/,
  },
  'a copy of Continuous Export, as Windows makes it': {
    files: { [classic('05')]: some(10, old), [classic('05', 'aaaa_20260304_051000 - Copy.blob')]: some(10, old) },
    code: 0,
    rows: 10,
    told: /^1 copy of a file that is read/,
  },
  'a copy that was taken later, of a blob that grew': {
    files: { [diagnostic('05')]: some(10), [diagnostic('05', 'PT1H (1).json')]: some(14) },
    code: 0,
    rows: 14,
    told: /^1 copy of a file that is read, left out: PT1H\.json$/,
  },
  'a copy that differs from its original': {
    files: { [diagnostic('05')]: some(10), [diagnostic('05', 'PT1H (1).json')]: some(3, (n) => flat(40 + n)) },
    code: 0,
    rows: 13,
    told: /^1 copy that differs from its original, read as well: PT1H \(1\)\.json$/,
  },
  'a copy without its original': {
    files: { [diagnostic('05')]: some(10), [diagnostic('06', 'PT1H (1).json')]: some(3) },
    code: 0,
    rows: 13,
  },
  'one blob, downloaded early and late': {
    files: { [`early/${diagnostic('05')}`]: some(20), [`late/${diagnostic('05')}`]: some(50) },
    code: 0,
    rows: 50,
    told: /^1 copy of a file that is read, left out: PT1H\.json$/,
  },
  'two blobs of one name that differ': {
    files: {
      [`a/${diagnostic('05')}`]: some(20),
      [`b/${diagnostic('05')}`]: some(5, (n) => flat(40 + n)),
      [`a/${diagnostic('06')}`]: some(2),
    },
    code: 1,
    rows: 2,
    told: /^two files stand for one blob and differ, so its window is left .*: .*\/a\/.* and .*\/b\/.*; give one of them$/,
  },
  'two blobs of an hour in folders that Azure spelt otherwise': {
    files: {
      [diagnostic('05')]: some(20),
      [diagnostic('05').replace(/resourceId=.*?(?=\/y=)/i, (id) => id.toLowerCase())]: some(5, (n) => flat(40 + n)),
    },
    code: 0,
    rows: 25,
  },
  'a zip archive beside an export': {
    files: { [diagnostic('05')]: some(4), 'more.zip': Buffer.from('504b0304140000000800', 'hex') },
    code: 1,
    rows: 4,
    told: /^1 file without any record that can be read: more\.zip \(a zip archive; unpack it\)$/,
  },
  'UTF-16': {
    files: { [diagnostic('05')]: some(4), 'w.json': Buffer.from(`\ufeff${some(3)}`, 'utf16le') },
    code: 1,
    rows: 4,
    told: /w\.json \(UTF-16 text; convert it to UTF-8\)$/,
  },
  'an hour of nothing that can be read': {
    files: { [diagnostic('05')]: some(4), [diagnostic('06')]: 'no\nrecord\n' },
    code: 1,
    rows: 4,
    aside: 2,
    told: /without any record that can be read: /,
  },
  'an empty file': { files: { [diagnostic('05')]: some(4), _SUCCESS: '' }, code: 0, rows: 4 },
};

for (const [what, { files, code, rows, aside = 0, told }] of Object.entries(situations))
  test(what, async () => {
    const root = await put(files);
    const lake = `${root}-lake`;
    const ran = await run(['transform', root, '--out', lake, '--format', 'ndjson', '--json']);
    assert.equal(ran.code, code, ran.out + ran.err);
    const seen = await found(lake);
    assert.deepEqual([seen.rows, seen.aside > 0], [rows, aside > 0]);
    const { notices, incomplete, totals } = JSON.parse(ran.out) as Summary;
    assert.deepEqual([totals.rows, totals.quarantined], [rows, aside]);
    const texts = [...notices, ...incomplete];
    if (told)
      assert.ok(
        texts.some((text) => told.test(text)),
        texts.join('\n'),
      );
    else assert.deepEqual(texts, []);
    assert.equal(incomplete.length > 0, code === 1);
    const inspected = await run(['inspect', root, '--json']);
    assert.equal(inspected.code, code, inspected.out);
  });

test('a folder that cannot be read costs itself alone, and so does a file', async () => {
  const root = deepFolder(join(base, `in-${++folders}`), 300);
  await mkdir(dirname(join(root, classic('05'))), { recursive: true });
  await writeFile(join(root, classic('05')), some(4, old));
  putBeyond(root, `${'x'.repeat(200)}/${'lost+found-'.repeat(10)}`, 'x.json', some(1));
  putBeyond(root, 'x'.repeat(200), `${'y'.repeat(120)}.json`, some(1));
  const lake = join(base, `lake-${folders}`);
  for (const command of [
    ['transform', root, '--out', lake],
    ['inspect', root],
  ]) {
    const { code, out } = await run([...command, '--json']);
    const { incomplete, totals, records } = JSON.parse(out);
    assert.deepEqual([code, totals?.rows ?? records], [1, 4], out);
    assert.match(incomplete[0], /^2 files or folders that cannot be opened: .*\(ENAMETOOLONG\).*; check permissions$/);
  }
});

test('pages in an export: each is named once, by every run, until all of the list is there', async () => {
  const page = (record: object, next: string) => JSON.stringify({ value: [record], nextLink: next });
  const [first, second] = [diagnostic('05'), classic('05')];
  const files = {
    [first]: page(flat(0), 'https://more.test/'),
    [second]: `${page(old(1), 'y')}\n${page(old(2), 'z')}`,
  };
  const root = await put({ ...files, 'loose.json': page(flat(3), 'w'), [diagnostic('06')]: some(1) });
  const texts = [
    '1 file that is a part only: loose.json (one page of several: the address in nextLink has more records; get ' +
      'that, too)',
    `2 files that are a part only: ${first}, ${second} (one page of several: the address in nextLink has more ` +
      'records; get that, too)',
  ];
  for (const state of ['done', 'unchanged']) {
    const { code, out } = await run(['transform', root, '--out', `${root}-lake`, '--json']);
    const { incomplete, totals } = JSON.parse(out);
    assert.deepEqual([code, totals[state], incomplete.toSorted()], [1, totals.windows, texts], out);
  }
  const swept = ['sweep', '--container', root, '--out', `${root}-swept`, '--json'];
  for (const state of ['done', 'unchanged']) {
    const { code, out } = await run(swept);
    const { incomplete, totals } = JSON.parse(out);
    assert.deepEqual([code, totals[state], incomplete], [1, totals.windows, texts.slice(1)], out);
  }
  await writeFile(join(root, first), lines([flat(0), flat(4)]));
  await writeFile(join(root, second), lines([old(1), old(2), old(5)]));
  const whole = await run(swept);
  assert.deepEqual([whole.code, JSON.parse(whole.out).incomplete], [0, []], whole.out);
});

test('a file of several signals: the summary counts each record where it is', async () => {
  const root = await put({ 'mixed.json': some(5) + some(2, (n) => flat(n, { Type: 'AppRequests', Name: 'GET /' })) });
  const { code, out } = await run(['transform', root, '--out', `${root}-lake`, '--json']);
  const { signals } = JSON.parse(out) as Summary;
  assert.equal(code, 0);
  assert.deepEqual(
    new Map(signals.map(({ signal, rows }) => [signal, rows])),
    new Map([
      ['traces', 5],
      ['requests', 2],
    ]),
  );
});

test('links: to files they are followed, to folders and to nothing they are named', async () => {
  const root = await put({ [diagnostic('05')]: some(4), 'x.json': lines([flat(50)]) });
  const other = await put({ 'z.json': some(3) });
  await symlink(join(other, 'z.json'), join(root, 'linked.json'));
  await symlink(other, join(root, 'folder'));
  await symlink(join(other, 'gone'), join(root, 'broken.json'));
  const { code, out } = await run(['transform', root, '--out', `${root}-lake`, '--json']);
  assert.deepEqual([code, JSON.parse(out).totals.rows], [0, 8]);
  assert.deepEqual(JSON.parse(out).notices, ['2 links to folders, or to nothing, not followed: broken.json, folder']);
});

test('in a file of all layouts each record is what it is in its own, in any order and framing', async () => {
  const dims = { custom: { dimensions: [{ a: 'b' }], metrics: [{ m: { value: 2.5, count: 1 } }] } };
  const classics = [0, 1, 2].flatMap((n) => [
    { ...old(n), context: { ...old(n).context, ...dims } },
    {
      request: [{ id: `r${n}`, name: 'GET /', success: true, durationMetric: { value: 12345678 } }],
      internal: { data: { id: `request-${n}` } },
      context: old(10 + n).context,
    },
  ]);
  const flats = [20, 21].flatMap((n) => [
    flat(n, { Properties: { a: 'b' }, _ItemId: `i${n}` }),
    flat(n, { Type: 'AppRequests', Name: 'GET /', DurationMs: 12.5, Success: false, Measurements: { m: 2.5 } }),
  ]);
  const exports = [30, 31].map((n) => ({ ...flat(n), time: undefined, TimeGenerated: flat(n).time, TenantId: 't' }));
  const rowsOf = async (files: Readonly<Record<string, string>>) => {
    const root = await put(files);
    const { code, out } = await run(['transform', root, '--out', `${root}-lake`, '--format', 'ndjson', '--json']);
    assert.deepEqual([code, JSON.parse(out).totals.quarantined], [0, 0], out);
    const names = (await readdir(`${root}-lake`, { recursive: true })).filter((name) => name.endsWith('.ndjson'));
    const texts = await Promise.all(names.map((name) => readFile(join(`${root}-lake`, name), 'utf8')));
    const rows = texts.flatMap((text) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
    return rows.map((row) => JSON.stringify({ ...row, exportWindow: '' })).sort();
  };
  const apart = await rowsOf({ 'a.json': lines(classics), 'b.json': lines(flats), 'c.json': lines(exports) });
  assert.equal(apart.length, classics.length + flats.length + exports.length);
  const all = [...classics, ...flats, ...exports];
  const turns = all.map((_, index) => all[(index * 5) % all.length] ?? {});
  for (const order of [all, all.toReversed(), turns])
    for (const text of [lines(order), JSON.stringify({ records: order }), JSON.stringify(order, null, 1)])
      assert.deepEqual(await rowsOf({ 'mixed.json': text }), apart);
});
