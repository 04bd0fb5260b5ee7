import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

const left = `
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { test } from 'node:test';
test('one that leaves its server and its child behind', () => {
  createServer().listen(0);
  console.log('child', spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).pid);
});
`;

async function ended(t: TestContext, lines: string, linger: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'insights-lake-ends-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'left.test.ts');
  await writeFile(file, lines);

  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const setup = `--test-global-setup=${join(import.meta.dirname, 'compiled.ts')}`;
  const child = spawn(process.execPath, ['--test', setup, file], {
    env: { ...env, LINGER_MS: linger },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill());
  const closed = new Promise((resolve) => child.once('close', resolve));
  const said = await Promise.all([text(child.stdout), text(child.stderr)]);

  assert.equal(await closed, 1);
  return said.join('');
}

test('a file that goes on after its tests is ended, with what it has started, and named', async (t) => {
  const all = await ended(t, left, '3000');
  assert.match(all, /left\.test\.ts is ended 3000 ms after its tests: it still holds (TCPServerWrap|ProcessWrap)/);
  const pid = Number(/child (\d+)/.exec(all)?.[1]);
  const isThere = () =>
    readFile(`/proc/${pid}/stat`, 'utf8').then(
      (stat) => !/\) Z /.test(stat),
      () => false,
    );
  for (let tries = 0; (await isThere()) && tries < 300; tries++) await setTimeout(100);
  assert.ok(pid > 0 && !(await isThere()));
});

test('a file that never comes to its tests is ended and named', async (t) => {
  const all = await ended(t, 'setInterval(() => {}, 1000);\nawait new Promise(() => {});', '300');
  assert.match(all, /left\.test\.ts is ended 1500 ms after its start, without a test: it still holds Timeout/);
});
