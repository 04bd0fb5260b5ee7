import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { commands } from '../../cli/all-commands.ts';
import { helpText } from '../../cli/flags/help.ts';
import { type Flag, flagsOf, flagTable } from '../../cli/flags/table.ts';
import { guid, run } from './fake.ts';

const root = join(import.meta.dirname, '../..');
const app = ['--app', `shop=${guid}`];
const range = ['--from', '2026-01-31', '--to', '2026-02-01'];
const out = ['--out', './lake'];

const wrong: readonly (readonly [words: readonly string[], message: RegExp])[] = [
  [[], /no command is given; see insights-lake help/],
  [['exprot'], /there is no command "exprot"; did you mean export\?/],
  [['constructor'], /there is no command "constructor"; see insights-lake help/],
  [['__proto__', 'x'], /there is no command "__proto__"; see insights-lake help/],
  [['help', 'exprot'], /there is no command "exprot"; did you mean export\?/],
  [['transform', ...out], /transform: no files or folders are given/],
  [['transform', '', ...out], /transform: what is given without a flag is empty; give it a value or leave it out/],
  [['inspect', 'x', ''], /inspect: what is given without a flag is empty/],
  [['transform', 'x'], /--out is missing/],
  [['transform', 'x', '--out'], /transform: --out <place> has no value/],
  [['transform', 'x', '--out='], /--out is empty/],
  [['transform', 'x', '--formt', 'y'], /transform: there is no flag --formt; did you mean --format\?/],
  [['transform', 'x', ...out, '-q'], /there is no flag -q/],
  [['transform', 'x', '--out', '--format', 'csv'], /transform: --out <place> has no value/],
  [['transform', 'x', ...out, '--gzip=yes'], /--gzip takes no value; it is "yes"/],
  [
    ['transform', 'x', '--oot', './lake', '--formt', 'csv'],
    /no flag --oot; did you mean --out\?; there is no flag --formt; did/,
  ],
  [
    ['drift', 'stray', '--setings', 'x'],
    /"stray" belongs to no flag; there is no flag --setings; did you mean --settings\?/,
  ],
  [
    ['audit'],
    /^insights-lake: audit: whose app\? neither the environment .* --settings <file> .*, or .* --out <place>\n$/,
  ],
  [['pause'], /^insights-lake: pause: whose app\? neither .* --settings <file> \(az [^)]*\)\n$/],
  [
    ['export', ...app, '--from', '0001-01-01', '--to', '2026-02-01', ...out],
    /--from must be 1970-01-01 or later; it is/,
  ],
  [
    ['backfill', 'plan', '--from', '1969-12-31', '--to', '2026-01-01', '--settings', 'x'],
    /--from must be 1970-01-01 or later; it is "1969-12-31"/,
  ],
  [['completion'], /completion: must be one shell out of bash, zsh, fish; none is given/],
  [['completion', 'csh'], /it is "csh"/],
  [
    ['transform', 'x', ...out, '--format', 'xls'],
    /transform: --format must be one of parquet, ndjson, csv; it is "xls"/,
  ],
  [['transform', 'x', ...out, '--gzip'], /--gzip must be false with the format parquet/],
  [['transform', 'x', ...out, '--window', '30m'], /--window must be whole hours .*; it is "30m"/],
  [['transform', 'x', ...out, '--app', 'A b'], /--app must be a name of small letters.*; it is "A b"/],
  [['transform', 'x', ...out, '--path', '{signal}.{ext}'], /--path lacks \{app\}/],
  [['transform', 'x', '--out', 's3://bucket/x'], /--out s3:\/\/bucket\/x: s3 is not supported/],
  [['transform', 'x', '--out', 'https://lake.blob.core.windows.net'], /names no container/],
  [['transform', 'x', '--out', 'http://lake.example/c'], /http only on 127.0.0.1/],
  [['export', ...range, ...out], /export: --app must be <name>=<application id>.*; it is missing/],
  [
    ['export', ...range, '--app', 'shop', ...out],
    /^insights-lake: export: --app must be <name>=<id>.*; it is "shop"\n$/,
  ],
  [['export', ...app, ...out], /--from must be a date.*; it is missing\n.*--to must be/],
  [
    ['export', ...app, '--from', 'yesterday', '--to', '2026-02-01', ...out],
    /--from must be a date .*; it is "yesterday"/,
  ],
  [
    ['export', ...app, '--from', '2026-02-01', '--to', '2026-01-31', ...out],
    /--to must be later than --from \(2026-02-01T00:00:00.000Z\); it is 2026-01-31/,
  ],
  [['export', ...app, '--from', '2026-02-01', '--to', '2026-02-01', ...out], /--to must be later than --from/],
  [
    ['export', ...app, '--from', '2026-02-01', '--to', '2027-01-01', ...out],
    /--to must be a time that has passed \(now is 2026-02-10T12:00:0\dZ\); it is 2027/,
  ],
  [
    ['export', ...app, ...range, ...out, '--signals', 'requests,trace'],
    /--signals must be all, or signals .*; it is "trace"; did you mean traces\?/,
  ],
  [['export', ...app, ...range, ...out, '--signals', ','], /--signals must be at least one signal/],
  [['export', ...app, ...range, ...out, '--window', '7h'], /--window must be a length from 5m to 1d/],
  [['export', ...app, ...range, ...out, '--cloud', 'mars'], /--cloud must be one of public, usgov, china/],
  [
    ['export', ...app, ...range, ...out, '--endpoint', 'http://api.example'],
    /--endpoint must be the address of a query API/,
  ],
  [
    ['export', ...app, ...range, ...out, '--key-env', 'NO_KEY'],
    /--key-env must be the name of an environment variable that holds a key; it is "NO_KEY", which is not set/,
  ],
  [['export', '--app', 'shop', ...range, ...out], /--app must be <name>=<id>.*; it is "shop"/],
  [['export', '--app', 'shop=abc', ...range, ...out], /--app must be a GUID .*; it is "abc"/],
  [['export', '--app', `Shop=${guid}`, ...range, ...out], /--app must be a name of small letters.*; it is "Shop"/],
  [['export', ...app, ...app, ...range, ...out], /--app must be a name that no other app has/],
  [['export', '--workspace', `w=${guid},sub`, ...range, ...out], /--workspace must be a resource id/],
  [['export', ...app, ...range, ...out, 'stray'], /"stray" belongs to no flag/],
];
for (const [words, message] of wrong) {
  test(`wrong usage: ${words.join(' ')}`, async () => {
    const { code, out: stdout, err, request } = await run(words);
    assert.equal(code, 2);
    assert.match(err, message);
    assert.match(err, /^insights-lake: .+\n$/s);
    assert.equal(stdout, '');
    assert.equal(request, undefined);
  });
}

test('every wrong flag is named at once', async () => {
  const { err } = await run([
    'export',
    ...app,
    '--from',
    'x',
    '--to',
    '2026-02-01',
    ...out,
    '--format',
    'xls',
    '--window',
    '7h',
  ]);
  for (const flag of ['--from', '--format', '--window']) assert.match(err, new RegExp(`- ${flag} must`));
});

test('help and version', async () => {
  for (const words of [['help'], ['--help'], ['help', 'export'], ['transform', '--help']]) {
    const { code, out: text, err } = await run(words);
    assert.deepEqual([code, err], [0, '']);
    assert.match(text, /insights-lake/);
  }
  assert.equal((await run(['--version'])).out, '1.2.3\n');
  assert.match((await run(['settings-schema'])).out, /"\$schema"/);
});

test('help names every flag that the table gives a command, has examples and exit codes', () => {
  for (const command of commands) {
    const text = helpText(command);
    for (const [flag] of flagsOf(command.name)) assert.match(text, new RegExp(`^  --${flag}\\b`, 'm'));
    if (!['settings-schema', 'help'].includes(command.name)) assert.match(text, /Examples[\s\S]*Exit codes/);
    assert.ok(text.split('\n').every((line) => line.length <= 125));
  }
});

test('every flag of the table belongs to a command; choices begin with what holds without the flag', () => {
  const names = commands.map(({ name }) => name);
  for (const [flag, entry] of Object.entries<Flag>(flagTable)) {
    for (const command of Object.keys(entry.commands)) assert.ok(names.includes(command), `${flag} of ${command}`);
    assert.equal(entry.type === 'switch', entry.value === '', flag);
    if (entry.type === 'choice') assert.equal(entry.of?.[0], entry.default, flag);
  }
});

test('an old Node is refused with one line; this one runs', async () => {
  const main = join(root, 'cli/main.ts');
  const ran = await promisify(execFile)(process.execPath, [main, '--version'], { cwd: tmpdir() });
  assert.match(ran.stdout, /^\d+\.\d+\.\d+\n$/);
  const on = (version: string) => {
    const told = `Object.defineProperty(process.versions,'node',{value:'${version}'})`;
    const script = `${told};await import(${JSON.stringify(`file://${main}`)})`;
    return promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]).catch((error) => error);
  };
  for (const version of ['20.20.2', '22.14.0']) {
    const refused = await on(version);
    assert.equal(refused.code, 2);
    const told = `insights-lake: needs Node 22.15 or newer, this is ${version}; `;
    assert.ok(refused.stderr.startsWith(told) && refused.stderr.split('\n').length === 2, refused.stderr);
  }
  assert.match((await on('22.15.0')).stderr, /no command is given/);
});
