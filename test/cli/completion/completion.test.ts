import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { commands } from '../../../cli/all-commands.ts';
import { flagsOf } from '../../../cli/flags/table.ts';
import { run } from '../fake.ts';

const folder = mkdtempSync(join(tmpdir(), 'insights-completion-'));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'exported.json'), '');

const scriptOf = async (shell: string): Promise<string> => (await run(['completion', shell])).out;
const there = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

/** What bash would offer for the last of the words. */
async function offered(...words: readonly string[]): Promise<string[]> {
  const line = ['insights-lake', ...words];
  const script = `${await scriptOf('bash')}
COMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${line.length - 1}
_insights_lake; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
  return stdout.split('\n').filter((word) => word !== '');
}

test('bash: commands, the flags of each, values of choices, files where they are wanted', {
  skip: !there('bash'),
}, async () => {
  assert.deepEqual(await offered('tr'), ['transform']);
  assert.deepEqual(
    await offered(''),
    commands.map(({ name }) => name),
  );
  for (const { name } of commands)
    assert.deepEqual(await offered(name, '--'), [...flagsOf(name).map(([flag]) => `--${flag}`), '--help']);
  assert.deepEqual(await offered('export', '--format', ''), ['parquet', 'ndjson', 'csv']);
  assert.deepEqual(await offered('transform', 'exp'), ['exported.json']);
  assert.deepEqual(await offered('check', '--settings', 'exp'), ['exported.json']);
  assert.deepEqual(await offered('export', '--from', ''), []);
  assert.deepEqual(await offered('help', 'dri'), ['drift']);
  assert.deepEqual(await offered('completion', 'z'), ['zsh']);
});

for (const shell of ['zsh', 'fish']) {
  test(`${shell} understands its script, which has every command and flag`, async (t) => {
    const script = await scriptOf(shell);
    for (const { name } of commands) {
      assert.ok(script.includes(name));
      for (const [flag] of flagsOf(name))
        assert.match(script, new RegExp(shell === 'fish' ? `-l ${flag} ` : `--${flag}\\[`));
    }
    if (!there(shell)) return t.diagnostic(`there is no ${shell} here that could read it`);
    const { status, stderr } = spawnSync(shell, ['-n', '-c', script], { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
  });
}
