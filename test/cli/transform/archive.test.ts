import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { TransformRequest } from '../../../cli/deliver/ports.ts';
import { Failure } from '../../../cli/failure.ts';
import { archiveOf } from '../../../cli/transform/archive.ts';
import { transformPlan } from '../../../cli/transform/plan.ts';
import { outputOf } from '../../../shared/config/lake.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { ObjectStore } from '../../../shared/model.ts';
import { noShaping } from '../../../shared/signals/shape.ts';
import { createStoreLedger } from '../../../shared/state/ledger-store.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-archive-'));
after(() => rm(base, { recursive: true }));

const key = '2b1f0c9d2b1f0c9d2b1f0c9d2b1f0c9d';
const record =
  '{"request":[{"id":"a"}],"internal":{"data":{"id":"1"}},"context":{"data":{"eventTime":"2020-03-01T05:10:00Z"}}}\n';
const event =
  '{"event":[{"name":"a"}],"internal":{"data":{"id":"2"}},"context":{"data":{"eventTime":"2020-03-01T06:10:00Z"}}}\n';

async function put(files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(base, 'a-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return root;
}

async function windowsOf(
  inputs: readonly string[],
  options: { window?: number; app?: string; lake?: string; store?: ObjectStore } = {},
) {
  const lake = { kind: 'folder', folder: options.lake ?? join(base, 'lake') } as const;
  const output = outputOf({ format: 'parquet', gzip: false, partition: 'hour' });
  const request: TransformRequest = {
    command: 'transform',
    inputs,
    app: options.app,
    apps: {},
    window: options.window ?? 3_600_000,
    replace: false,
    lake,
    output,
    shape: noShaping,
    keepBytes: true,
    dedupe: 'id',
  };
  const store = options.store ?? createMemoryStore();
  const archive = await archiveOf(request);
  const plan = await transformPlan(request, archive, store, createStoreLedger(store), new AbortController().signal);
  const { windows, notices } = plan;
  const text = windows.map(({ window, files, layout }) => {
    const hours = [window.start, window.end].map((at) => new Date(at).toISOString().slice(0, 13)).join(' ');
    return `${window.app} ${window.signal} ${layout} ${hours}: ${files.map((file) => file.name).join(' ')}`;
  });
  return { windows, notices, text };
}

const folder = `Fabrikam Web_${key}`;
const export1 = {
  [`${folder}/Requests/2020-03-01/05/a_20200301_050100.blob`]: record,
  [`${folder}/Requests/2020-03-01/05/b_20200301_050200.blob`]: record,
  [`${folder}/Requests/2020-03-01/06/c_20200301_060100.blob`]: record,
  [`${folder}/Rdd/2020-03-01/05/d_20200301_050100.blob`]: '{}',
};

test('folders of an export are windows by hour, whatever is above them', async () => {
  const root = await put(
    Object.fromEntries(Object.entries(export1).map(([name, text]) => [`a/b/c/d=1/e/f/${name}`, text])),
  );
  const { text, notices } = await windowsOf([root]);
  assert.deepEqual(text.toSorted(), [
    'fabrikam-web dependencies continuous 2020-03-01T05 2020-03-01T06: ' +
      `${folder}/Rdd/2020-03-01/05/d_20200301_050100.blob`,
    'fabrikam-web requests continuous 2020-03-01T05 2020-03-01T06: ' +
      `${folder}/Requests/2020-03-01/05/a_20200301_050100.blob ${folder}/Requests/2020-03-01/05/b_20200301_050200.blob`,
    'fabrikam-web requests continuous 2020-03-01T06 2020-03-01T07: ' +
      `${folder}/Requests/2020-03-01/06/c_20200301_060100.blob`,
  ]);
  assert.deepEqual(notices, []);
});

test('a window is the same, and whole, however it was named', async () => {
  const root = await put(export1);
  const whole = (await windowsOf([root])).windows.find(({ files }) => files.length === 2);
  const file = join(root, folder, 'Requests/2020-03-01/05/a_20200301_050100.blob');
  for (const inputs of [[file], [dirname(file)], [file, file, dirname(file)]])
    assert.deepEqual((await windowsOf(inputs)).windows, [whole]);
  const day = await windowsOf([file], { window: 86_400_000 });
  assert.equal(day.windows[0]?.files.length, 3);
});

test('components of one name never share a window; both folders of dependencies of one are one window', async () => {
  const other = folder.replace('2b1f', 'ffff');
  const root = await put({
    ...export1,
    [`${other}/Rdd/2020-03-01/05/e.blob`]: '{}',
    [`${folder}/RemoteDependency/2020-03-01/05/f.blob`]: '{}',
  });
  const { windows } = await windowsOf([root]);
  const dependencies = windows.filter(({ window }) => window.signal === 'dependencies');
  assert.deepEqual(
    dependencies.map(({ window, files }) => [window.app.replace(/[0-9a-f]{8}$/, '…'), files.length]),
    [
      ['fabrikam-web', 2],
      ['fabrikam-web-…', 1],
    ],
  );
});

test('components of two subscriptions never share a window', async () => {
  const shop = (subscription: string) =>
    `insights-logs-apprequests/resourceId=/SUBSCRIPTIONS/${subscription}/RESOURCEGROUPS/G/` +
    'PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/SHOP/y=2024/m=03/d=01/h=05/m=00/PT1H.json';
  const root = await put({
    [shop('12345678-0000-0000-0000-000000000000')]: '{}',
    [shop('12345678-0000-0000-0000-000000000001')]: '{}',
  });
  const { windows } = await windowsOf([root]);
  assert.equal(new Set(windows.map(({ window }) => window.app)).size, 2);
});

test('the layouts that came after', async () => {
  const diagnostics =
    'insights-logs-apprequests/resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/' +
    'MICROSOFT.INSIGHTS/COMPONENTS/SHOP/y=2024/m=03/d=01/h=05/m=00/PT1H.json';
  const dataExport =
    'am-apptraces/WorkspaceResourceId=/subscriptions/s/resourcegroups/g/providers/' +
    'microsoft.operationalinsights/workspaces/w/y=2024/m=03/d=01/h=05/m=10/PT05M.json';
  const root = await put({ [`x/${diagnostics}`]: '{}', [`y/${dataExport}`]: '{}' });
  assert.deepEqual((await windowsOf([root])).text.toSorted(), [
    `shop requests diagnostics 2024-03-01T05 2024-03-01T06: ${diagnostics}`,
    `w traces dataExport 2024-03-01T05 2024-03-01T06: ${dataExport}`,
  ]);
});

test('loose files are windows of their own, known by what is in them, wherever they lie', async () => {
  const one = await put({ 'x/a.json': record, 'y/a.json': event });
  const store = createMemoryStore();
  const { windows, text } = await windowsOf([one], { app: 'old', store });
  assert.deepEqual(text, [
    'old requests continuous 2020-03-01T05 2020-03-01T06: x/a.json',
    'old customEvents continuous 2020-03-01T06 2020-03-01T07: y/a.json',
  ]);
  assert.equal(new Set(windows.map(({ window }) => window.source)).size, 2);
  const timeless = await put({ 'm.json': '{"metric":[],"context":{"custom":{"metrics":[{"a":{"value":1}}]}}}' });
  assert.deepEqual((await windowsOf([timeless])).text, [
    'archive customMetrics continuous 1970-01-01T00 1970-01-01T01: m.json',
  ]);
  const moved = await put({ 'z/a.json': record });
  assert.deepEqual(
    (await windowsOf([join(moved, 'z/a.json')], { app: 'old', store })).windows[0]?.window,
    windows[0]?.window,
  );
});

test('what holds no telemetry is told; hidden files, links to folders and the lake are passed over', async () => {
  const root = await put({ ...export1, 'README.md': 'hello', '.hidden/a.json': record, 'lake/a.json': record });
  await symlink(root, join(root, 'loop'));
  const { windows, notices } = await windowsOf([root], { lake: join(root, 'lake') });
  assert.equal(windows.length, 3);
  assert.deepEqual(notices, [
    '1 file beside the export left out: README.md',
    '1 hidden file or folder left out: .hidden',
    '1 link to a folder, or to nothing, not followed: loop',
  ]);
});

for (const [what, files, input, message] of [
  [
    'a missing path',
    {},
    'none',
    /^transform .*none: there is no such file or folder, or it cannot be read; check the path$/,
  ],
  ['an empty folder', {}, '.', /: no export blobs there; give the folder/],
  [
    'a folder of something else',
    { 'a.txt': 'x', 'package.json': '{"name":"x"}' },
    '.',
    /\(1 file without any record that can be read: a\.txt \(no JSON record in it\); 1 record of other .*: JSON of no kind .* \(1\)\)/,
  ],
] as const) {
  test(`refuses ${what}`, async () => {
    const root = await put(files);
    await assert.rejects(
      windowsOf([join(root, input)]),
      (error) => error instanceof Failure && error.exitCode === 3 && message.test(error.message),
    );
  });
}
