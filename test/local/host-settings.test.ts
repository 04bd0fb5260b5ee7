import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const app = await mkdtemp(join(tmpdir(), 'insights-host-'));
after(() => rm(app, { recursive: true }));
await writeFile(join(app, 'local.settings.json'), JSON.stringify({ Values: { INSIGHTS_LEAK: 'somebody’s own' } }));
await writeFile(join(app, 'entry.mjs'), 'console.log("leak: " + process.env.INSIGHTS_LEAK);');

/** What an app sees of a local.settings.json that lies beside it. */
async function seen(...more: readonly string[]): Promise<string> {
  const host = join(import.meta.dirname, '../../local/host/main.ts');
  const flags = ['--app', app, '--entries', '*.mjs', '--port', '0', ...more];
  const child = fork(host, flags, { env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  try {
    for await (const piece of child.stdout ?? []) {
      const found = /leak: (.*)\n/.exec(String(piece))?.[1];
      if (found !== undefined) return found;
    }
    return 'nothing was printed';
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

test('the host reads local.settings.json, as func start does, but not for who gives it all settings', async () => {
  assert.equal(await seen(), 'somebody’s own');
  assert.equal(await seen('--environment-only'), 'undefined');
});
