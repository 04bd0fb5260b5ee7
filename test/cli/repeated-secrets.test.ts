import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

/** What services answer with, where they repeat what they were asked with. */
const SPELT: readonly (readonly [string, (secret: string) => string])[] = [
  ['as it is', (secret) => JSON.stringify({ error: { code: 'Odd', message: `refused secret=${secret} here` } })],
  ['at the end', (secret) => JSON.stringify({ error: { code: 'Odd', message: `${'x'.repeat(560)} ${secret}` } })],
  ['as a text', (secret) => `secret=${secret}`],
  ['in an address', (secret) => JSON.stringify({ message: `see /?s=${encodeURIComponent(secret)}` })],
  ['in base64', (secret) => JSON.stringify({ message: `header ${Buffer.from(`h:${secret}`).toString('base64')}` })],
  ['in JSON in JSON', (secret) => JSON.stringify({ message: JSON.stringify({ headers: { h: secret } }) })],
];
const secrets = { header: 'h3ader+of/the-endpoint==', key: 'api/key+of-the-query-api', token: 'eyJ0.a+token/of.it' };

let [server, url, spell]: [Server | undefined, string, (secret: string) => string] = [undefined, '', String];
let folder = '';
const command = join(import.meta.dirname, '..', '..', 'cli/main.ts');
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'repeated-'));
  server = createServer((request, response) => {
    const { 'x-identity-header': header, 'x-api-key': key } = request.headers;
    request.resume();
    response.writeHead(400, { 'content-type': 'application/json' }).end(spell(String(header ?? key ?? '')));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
after(() => {
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const app = '--app shop=11111111-2222-4333-8444-555555555555';
const range = '--from 2026-01-01 --to 2026-01-01T01:00:00Z --signals requests --retention 4383d';
const calls: readonly (readonly [string, (folder: string) => string, Record<string, string>, string])[] = [
  [
    'an identity endpoint',
    () => `export ${app} ${range} --out https://shop.blob.core.windows.net/lake`,
    { IDENTITY_HEADER: secrets.header },
    secrets.header,
  ],
  [
    'a query API',
    (out) => `export ${app} ${range} --key-env QKEY --endpoint URL --out ${out}`,
    { QKEY: secrets.key },
    secrets.key,
  ],
];

async function said(words: string, env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [command, ...words.replace('URL', url).split(' ')], {
    cwd: folder,
    env: { PATH: '/nowhere', HOME: folder, ...env, IDENTITY_ENDPOINT: `${url}/msi/token` },
  });
  const parts: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => parts.push(String(part)));
  await once(child, 'close');
  return parts.join('');
}

for (const [what, words, env, secret] of calls)
  for (const [how, each] of SPELT)
    test(`${what} that repeats its secret ${how}`, async () => {
      spell = each;
      const text = await said(words(join(folder, how.replaceAll(' ', '-'))), env);
      assert.match(text, /400|no sign-in worked|status/, text);
      const pieces = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').slice(0, -4)];
      for (const piece of [...pieces, secret.slice(0, 12)]) assert.ok(!text.includes(piece), text);
    });
