import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type Azurite, startAzurite } from '../../../local/azurite.ts';

/** The command line writing to real Blob Storage semantics. About 10 s. */
const root = join(import.meta.dirname, '../../..');
let azurite: Azurite;
before(async () => {
  azurite = await startAzurite();
});
after(() => azurite.close());

async function transform(out: string, env: Record<string, string>) {
  const words = [
    join(root, 'cli/main.ts'),
    'transform',
    join(root, 'test/corpus/continuous-export'),
    '--out',
    out,
    '--json',
  ];
  const ran = await promisify(execFile)(process.execPath, words, {
    cwd: tmpdir(), // not the checkout: a local.settings.json may lie there
    env: { ...process.env, ...env },
  }).catch((error) => error);
  return { code: ran.code ?? 0, out: String(ran.stdout), err: String(ran.stderr) };
}

test('a container is made, written, and found as it was by the next command', async () => {
  const out = `${azurite.blobUrl}/made-here/some/folder`;
  const env = { AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString };
  const first = await transform(out, env);
  assert.equal(first.code, 0, first.err);
  const { totals, destination } = JSON.parse(first.out);
  assert.deepEqual([totals.failed, totals.done > 0, destination], [0, true, out]);
  const second = await transform(out, { AZURE_STORAGE_KEY: azurite.key });
  assert.equal(second.code, 0, second.err);
  assert.deepEqual([JSON.parse(second.out).totals.done, JSON.parse(second.out).totals.rows], [0, totals.rows]);
});

test('a container that is not ours: exit code 4, one line, no secret', async () => {
  const key = Buffer.from('wrong').toString('base64');
  const { code, out, err } = await transform(`${azurite.blobUrl}/other`, { AZURE_STORAGE_KEY: key });
  assert.deepEqual([code, out], [4, '']);
  assert.match(err, /^insights-lake: [^\n]+\n$/);
  assert.ok(!err.includes(key));
  const signed = await transform(`${azurite.blobUrl}/other?sv=2024-01-01&sig=hush`, {});
  assert.equal(signed.code, 4);
  assert.ok(!signed.err.includes('hush'), signed.err);
});
