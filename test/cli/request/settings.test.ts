import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { foundSettings } from '../../../cli/request/settings.ts';
import { run } from '../fake.ts';

const folder = await mkdtemp(join(tmpdir(), 'insights-settings-'));
after(() => rm(folder, { recursive: true }));
await writeFile(join(folder, 'local.settings.json'), JSON.stringify({ Values: { APP_NAME: 'local', SIGNALS: 'all' } }));

test('a local.settings.json of the folder, below the environment; another folder has none', () => {
  const found = foundSettings('drift', undefined, { folder, env: { APP_NAME: 'here', UNSET: undefined } });
  assert.deepEqual(found, {
    from: 'local.settings.json and the environment',
    env: { APP_NAME: 'here', SIGNALS: 'all' },
  });
  const none = foundSettings('drift', undefined, { folder: join(folder, 'none'), env: { APP_NAME: 'here' } });
  assert.deepEqual(none, { from: 'the environment', env: { APP_NAME: 'here' } });
});

test('a file with settings stands for itself; a wrong one is named with the command', async () => {
  const file = join(folder, 'deployed.json');
  await writeFile(file, JSON.stringify([{ name: 'APP_NAME', value: 'shop' }]));
  assert.deepEqual(foundSettings('drift', file, { folder, env: { SIGNALS: 'x' } }).env, { APP_NAME: 'shop' });
  await writeFile(file, '{');
  for (const command of ['drift', 'requeue', 'check']) {
    const { code, err } = await run([command, '--settings', file]);
    assert.equal(code, 2);
    assert.match(err, new RegExp(`^insights-lake: ${command}: .*deployed\\.json holds no settings`));
  }
});

test('a file that Windows PowerShell wrote, in UTF-16 or with a mark; one with a comment is told', async () => {
  const file = join(folder, 'windows.json');
  const text = '[{"name": "APP_NAME", "value": "läden"}]\r\n';
  const files = {
    'UTF-16': Buffer.from(`\uFEFF${text}`, 'utf16le'),
    'UTF-16, big end first': Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
    'UTF-8 with a mark': Buffer.from(`\uFEFF${text}`),
  };
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(file, bytes);
    assert.deepEqual(foundSettings('drift', file, { folder, env: {} }).env, { APP_NAME: 'läden' }, name);
  }
  await writeFile(file, `// mine\n${text}`);
  assert.match((await run(['drift', '--settings', file])).err, /it does not parse as JSON, which knows no comments/);
});
