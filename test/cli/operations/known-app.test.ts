import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { knownApp } from '../../../cli/operations/known-app.ts';
import type { Feed } from '../../../shared/model.ts';
import { writeArchive } from '../../interop/archive.ts';

const main = join(import.meta.dirname, '../../../cli/main.ts');
const ledgerOf = (...apps: string[]) => ({
  async *feeds(): AsyncGenerator<Feed> {
    for (const app of apps) yield { app, signal: 'requests', source: 'query' };
  },
});

test('an app that settings or ledger have, or any where none is known yet', async () => {
  await knownApp('', ['shop'], ledgerOf());
  await knownApp('shop', ['shop'], ledgerOf());
  await knownApp('pay', ['shop'], ledgerOf('pay'));
  await knownApp('shop', [], ledgerOf());
  await assert.rejects(
    knownApp('shpo', ['shop'], ledgerOf('pay')),
    /^Failure: --app must be one of pay, shop; it is "shpo"$/,
  );
  const many = Array.from({ length: 12 }, (_, n) => `a${n}`);
  await assert.rejects(knownApp('b', many, ledgerOf()), /one of a0, .*, … \(12 in all\); it is "b"$/);
});

test('a misspelt --app is refused by every command on a lake that takes one', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'known-app-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeArchive(join(folder, 'archive'));
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [main, ...words], { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH } });
  run('transform', 'archive', '--out', 'lake');
  for (const words of [['status'], ['audit'], ['rerun'], ['requeue'], ['retention', '--keep', '30d']]) {
    const { status, stderr } = run(...words, '--out', 'lake', '--app', 'no-such-app');
    assert.equal(status, 2, `${words[0]}: ${stderr}`);
    assert.match(stderr, /--app must be one of \S.*; it is "no-such-app"/);
  }
});
