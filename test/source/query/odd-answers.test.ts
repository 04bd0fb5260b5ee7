/** Whatever is said in place of an answer: no question to the query API takes it for rows, or for none, and each ends. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createAsk } from '../../../shared/source/query/client.ts';
import { outcomeOf } from '../../../shared/source/query/outcome.ts';
import { letTimePass } from '../../front/clients.ts';
import { oddAnswers } from '../../front/odd-answers.ts';
import { answer, type Says, saying, startOddServer, trickling } from '../../front/odd-server.ts';

const odd = await startOddServer();
const stopTime = letTimePass(odd);
after(async () => {
  await stopTime();
  odd.close();
});

const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
const begun = '{"tables":[{"name":"PrimaryResult","columns":[{"name":"a","type":"string"}],"rows":[["x"]';
const ok = (body: string, headers = {}): Says => saying(() => answer('200 OK', headers, body));
const ofTheApi: readonly { readonly name: string; readonly says: Says }[] = [
  ...Object.entries({
    'an error alone': '{"error":{"code":"InternalServerError","message":"It broke."}}',
    'an error in a text': '"It broke."',
    'rows beside an error': `${begun}]}],"error":"It broke."}`,
    'a list': '[]',
    'no object': 'null',
    'an empty object': '{}',
    'no tables': '{"tables":[]}',
    'a table of something else': '{"tables":[{"name":"QueryStatus","columns":[],"rows":[]}]}',
    'rows without columns': '{"tables":[{"name":"PrimaryResult","rows":[["x"]]}]}',
    'half of the rows, closed': `${begun}`,
    'rows, and then another answer': `${begun}]}]}${begun}]}]}`,
    'rows, and then a page': `${begun}]}]}<html><title>Sign in</title></html>`,
    'the answer in a list': `[${begun}]}]}]`,
    'a comma too much': `${begun},]}]}`,
    'UTF-16': Buffer.from(`${begun}]}]}`, 'utf16le').toString('latin1'),
    'a script': `)]}',\n${begun}]}]}`,
  }).map(([name, body]) => ({ name, says: ok(body) })),
  ...['deflate', 'br', 'gzip', 'zstd', 'gzip, gzip'].map((encoding) => ({
    name: `packed as ${encoding}, it is said`,
    says: ok('\x78\x9c\x03\x00', { 'content-encoding': encoding }),
  })),
  { name: 'rows without an end', says: trickling(() => `${chunked}59\r\n${begun}\r\n`, 999, 10_000, '1\r\n \r\n') },
  { name: 'rows of which one comes a minute', says: trickling(() => chunked, 999, 59_000, '6\r\n,["x"]\r\n') },
];

/** The reply to one question, and how many seconds it took. */
async function askOnce() {
  const clock = { now: () => Date.now(), sleep: async () => {}, random: () => 0 };
  const url = `http://127.0.0.1:${odd.port}/v1/apps/x/query`;
  const ask = createAsk({ url, scope: 's', auth: { kind: 'none' } }, undefined, clock);
  const rows = { take: async () => {}, takeBack: async () => {} };
  const began = Date.now();
  const reply = await ask({ query: 'requests', table: 'requests', rows, abort: new AbortController().signal });
  return { reply, took: (Date.now() - began) / 1000 };
}

for (const { name, says } of [...oddAnswers, ...ofTheApi])
  test(name, async () => {
    odd.says = says;
    odd.asked = 0;
    const { reply, took } = await askOnce();
    const asked = { schema: 'app', table: 'requests', rowLimit: 500_000, now: Date.now() } as const;
    const outcome = outcomeOf(reply, asked);
    const told = JSON.stringify(outcome);
    assert.ok(['retry', 'fail'].includes(outcome.kind), told);
    assert.ok('reason' in outcome && !/[<\n]|undefined|\[object/.test(outcome.reason), told);
    if (outcome.kind === 'retry') assert.ok((outcome.after ?? 0) >= 0, told);
    assert.ok(took <= 470 && odd.asked === 1, `${odd.asked} calls, ${took} s`);
  });

const line = `400\r\n${' '.repeat(1024)}\r\n`;
for (const [name, more, pause] of [
  ['of which nothing comes', '', 0],
  ['that trickle', '1\r\n \r\n', 3_000],
  ['that never end', line, 1_000],
] as const)
  test(`503 with words ${name}: the status is told within half a minute`, async () => {
    const head = 'HTTP/1.1 503 Away\r\nretry-after: 7\r\ntransfer-encoding: chunked\r\n\r\n';
    odd.says = trickling(() => head, 999, more === '' ? 3_600_000 : pause, more === '' ? ' ' : more);
    const { reply, took } = await askOnce();
    assert.deepEqual([reply.status, reply.lost, reply.retryAfter], [503, '', '7']);
    assert.ok(took <= 30, `${took} s`);
  });
