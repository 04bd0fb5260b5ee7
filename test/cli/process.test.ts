import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { memoryData } from '../../local/simulator/data.ts';
import { startSimulator } from '../../local/simulator/startSimulator.ts';
import { shopRows } from '../e2e/shopRows.ts';

/** What the process makes of its streams and of places that are not there. */
const root = join(import.meta.dirname, '../..');
const base = await mkdtemp(join(tmpdir(), 'insights-process-'));
after(() => rm(base, { recursive: true, force: true }));

const archive = join(base, 'insights-logs-apprequests');
const component =
  'resourceId=/SUBSCRIPTIONS/0/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/SHOP/y=2024/m=03/d=01';
for (const hour of ['05', '06', '07']) {
  const folder = join(archive, component, `h=${hour}`, 'm=00');
  await mkdir(folder, { recursive: true });
  const row = { time: `2024-03-01T${hour}:10:00Z`, Type: 'AppRequests', Id: hour, Name: 'GET /' };
  await writeFile(join(folder, 'PT1H.json'), `${JSON.stringify(row)}\n`);
}

const HOUR = 3_600_000;
const from = Date.UTC(2024, 2, 1, 9);

const begin = (words: readonly string[]): ChildProcess =>
  spawn(process.execPath, [join(root, 'cli/main.ts'), ...words], {
    cwd: base,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: join(base, 'cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

async function codeOf(words: readonly string[], closed: 'stdout' | 'stderr'): Promise<unknown> {
  const child = begin(words);
  child[closed]?.destroy();
  child[closed === 'stdout' ? 'stderr' : 'stdout']?.resume();
  return (await once(child, 'close'))[0];
}

for (const closed of ['stdout', 'stderr'] as const)
  test(`${closed} closed by its reader: the windows run on, and the exit code is theirs`, async () => {
    const lake = join(base, `lake-${closed}`);
    assert.equal(await codeOf(['transform', archive, '--out', lake, '--json'], closed), 0);
    const files = await readdir(join(lake, 'requests'), { recursive: true });
    assert.equal(files.filter((name) => name.endsWith('.parquet')).length, 3);
    assert.equal(await codeOf(['transform', join(base, 'none'), '--out', lake, '--json'], closed), 3);
  });

for (const closed of ['stdout', 'stderr'] as const)
  test(`export, ${closed} closed by its reader: it runs on, and the exit code is its windows'`, async (t) => {
    const data = memoryData(shopRows({ seed: '1', app: 'shop', perHour: 6, start: from, end: from + 3 * HOUR }));
    const simulator = await startSimulator({ data });
    t.after(() => simulator.close());
    const lake = join(base, `export-${closed}`);
    const range = [from, from + 3 * HOUR].map((at) => new Date(at).toISOString());
    const words = ['export', '--app', 'shop=sim', '--endpoint', simulator.url, '--out', lake, '--json'];
    const ranged = [
      ...words,
      '--from',
      range[0] ?? '',
      '--to',
      range[1] ?? '',
      '--window',
      '1h',
      '--signals',
      'requests',
    ];
    const refused = simulator.fault({ kind: 'forbidden' });
    assert.equal(await codeOf(ranged, closed), 3);
    refused.remove();
    assert.equal(await codeOf(ranged, closed), 0);
    const files = await readdir(join(lake, 'requests'), { recursive: true });
    assert.equal(files.filter((name) => name.endsWith('.parquet')).length, 3);
  });

test('what a disk has no room for is told, and is no success', { skip: process.platform === 'win32' }, async () => {
  // As little as a shell lets a file grow to, in blocks of 512 bytes or of 1 KiB.
  const limited = 'trap "" XFSZ; ulimit -f 1; exec "$0" "$@"';
  const words = [process.execPath, join(root, 'cli/main.ts'), 'settings-schema'];
  const file = await open(join(base, 'schema.json'), 'w');
  const child = spawn('sh', ['-c', limited, ...words], { cwd: base, stdio: ['ignore', file.fd, 'pipe'] });
  const [said, [code]] = await Promise.all([child.stderr ? text(child.stderr) : '', once(child, 'close')]);
  await file.close();
  assert.match(said, /^insights-lake: write the output: .*\(EFBIG\)\n$/);
  assert.equal(code, 1);
});

const absent: readonly (readonly [what: string, words: readonly string[], code: number, message: RegExp])[] = [
  ['sweep', ['sweep', '--container', join(base, 'none'), '--out', join(base, 'l')], 3, /none: there is no such folder/],
  ['sweep of a file', ['sweep', '--container', join(root, 'LICENSE'), '--out', join(base, 'l')], 3, /that is a file/],
  ['drift', ['drift', '--out', join(base, 'none')], 3, /none: there is no such folder; check the path/],
  ['requeue', ['requeue', '--out', join(base, 'none')], 3, /none: there is no such folder/],
  ['drift in a folder that is no lake', ['drift', '--out', archive], 3, /is no lake that the command line made/],
  ['requeue in a folder that is no lake', ['requeue', '--out', archive], 3, /is no lake that the command line made/],
  ['adopt in a folder that is no lake', ['adopt', '--out', archive], 3, /is no lake, and no file in it is named/],
  ['adopt in it, to write', ['adopt', '--out', archive, '--write'], 3, /is no lake, and no file in it is named/],
  ['transform', ['transform', join(base, 'none'), '--out', join(base, 'l')], 3, /no such file or folder/],
  ['inspect', ['inspect', join(base, 'none')], 3, /no such file or folder/],
];
for (const [what, words, code, message] of absent)
  test(`a place that is not there: ${what}`, async () => {
    const child = begin(words);
    let err = '';
    child.stderr?.on('data', (data) => {
      err += data;
    });
    const [ended] = await once(child, 'close');
    assert.equal(ended, code, err);
    assert.match(err, message);
    assert.match(err, /^insights-lake: [^\n]+\n$/);
    assert.ok(!existsSync(join(base, 'l', 'requests')));
  });

test('--out where no folder can be made ends at once', { skip: !existsSync('/proc/self') }, async () => {
  const child = begin(['transform', archive, '--out', '/proc/nope/lake']);
  child.stderr?.resume();
  assert.equal((await once(child, 'close'))[0], 4);
});

test('what services and the environment say moves no cursor, also beside what a command prints', async () => {
  const name = 'AZURE_CLIENT_I\u001b[2JD';
  const answers = createServer((request, response) => {
    const error = { error: { message: 'busy\u001b]0;owned\u0007', innererror: { code: 'Throttled' } } };
    request.resume().on('end', () => response.writeHead(429, { 'retry-after': '8' }).end(JSON.stringify(error)));
  }).listen(0, '127.0.0.1');
  await once(answers, 'listening');
  const { port } = answers.address() as AddressInfo;
  const words = ['--app', 'shop=01234567-89ab-cdef-0123-456789abcdef', '--endpoint', `http://127.0.0.1:${port}`];
  const child = spawn(
    process.execPath,
    [
      ...[join(root, 'cli/main.ts'), 'export', ...words, '--key-env', 'K', '--signals', 'traces', '--window', '1h'],
      ...['--from', '2024-03-01', '--to', '2024-03-01T01:00', '--out', join(base, 'lake-of-escapes')],
    ],
    {
      cwd: base,
      env: { PATH: process.env.PATH, K: 'key', [name]: 'x', AZURE_CLIENT_: 'y' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr.setEncoding('utf8');
  for await (const piece of child.stderr) {
    said += piece;
    if (said.includes('asking again')) break;
  }
  child.kill('SIGKILL');
  answers.close();
  answers.closeAllConnections();
  assert.match(said, /AZURE_CLIENT_ is set and not read here; did you mean AZURE_CLIENT_ID\?/);
  assert.match(said, /busy\\u001b\]0;owned\\u0007/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  assert.doesNotMatch(said, /[\u001b\u0007]/);
});

/** The addresses of all modules that a command loads. */
async function loadedBy(words: readonly string[]): Promise<readonly string[]> {
  const hook = `import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) { console.error(url); return next(url, context); } });`;
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, join(root, 'cli/main.ts'), ...words],
    { cwd: base, env: { PATH: process.env.PATH }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  return (await text(child.stderr)).split('\n');
}

test('a command that needs no storage loads none of its clients, nor the engine', async () => {
  const loaded = await loadedBy(['help']);
  assert.ok(loaded.some((url) => url.endsWith('cli/all-commands.ts')));
  assert.deepEqual(loaded.filter((url) => /@azure\/|@kusto\/|hyparquet|shared\/engine\//.test(url)).slice(0, 3), []);
});

test('a command between two folders loads no clients of storage', async () => {
  const loaded = await loadedBy(['transform', archive, '--out', join(base, 'lake-of-folders'), '--jobs', '2']);
  assert.ok(loaded.some((url) => url.endsWith('shared/engine/engine.ts')));
  assert.deepEqual(loaded.filter((url) => /@azure\/|@kusto\//.test(url)).slice(0, 3), []);
});

test('no test starts a command in the checkout, where a local.settings.json may name a storage', async () => {
  const files = (await readdir(join(root, 'test'), { recursive: true })).filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(
    files.map(async (name) => [name, await readFile(join(root, 'test', name), 'utf8')] as const),
  );
  const starting = texts.filter(
    ([, text]) => /(spawn|execFile|fork)(Sync)?\b/.test(text) && /cli\/main\.ts|'cli', 'main\.ts'/.test(text),
  );
  assert.ok(starting.length > 4);
  assert.deepEqual(
    starting.filter(([, text]) => !/\bcwd\b/.test(text)).map(([name]) => name),
    [],
  );
});
