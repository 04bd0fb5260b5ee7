import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { plain } from '../../../shared/pure/printable.ts';
import { failed, guid, run } from '../fake.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-plain-'));
after(() => rm(base, { recursive: true }));

/** Colours, a title, a bell, a return over what was printed, one byte that is two, letters backwards. */
const bad = '\u001b[31mred\u001b]0;title\u0007 over\rwritten \u009b2J \u202etxt';

test('control characters are spelled out, newlines and tabs stay', () => {
  assert.equal(plain('a\tb\nc'), 'a\tb\nc');
  assert.equal(plain(bad), '\\u001b[31mred\\u001b]0;title\\u0007 over\\u000dwritten \\u009b2J \\u202etxt');
  assert.deepEqual(JSON.parse(plain(JSON.stringify({ [bad]: bad }))), { [bad]: bad });
});

const words = ['export', '--app', `shop=${guid}`, '--from', '2026-01-31', '--to', '2026-02-01', '--out', 'lake'];
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/;

test('errors of the API, names of fields, categories, files and apps are printed plainly', async () => {
  const api = await run(words, { outcome: () => failed('source', `status 500: ${bad}`) });
  const file = join(base, `odd\u001b[2J.json`);
  const record = { time: '2024-03-01T05:10:00Z', Type: 'AppRequests', Name: 'GET /', [bad]: 1 };
  await writeFile(file, `${JSON.stringify(record)}\n${JSON.stringify({ ...record, Type: bad })}\nnot json\n`);
  const inspected = await run(['inspect', file]);
  const json = await run(['inspect', file, '--json']);
  const drift = await run(['drift', '--out', 'lake'], {
    operations: {
      drift: async () => [
        { app: bad, source: 'query', signal: 'requests', path: bad, count: 1, firstSeen: Date.UTC(2026, 0, 1) },
      ],
    },
  });
  for (const { out, err } of [api, inspected, json, drift, await run([bad]), await run(['export', bad])])
    assert.doesNotMatch(out + err, obeyed);
  assert.match(inspected.out, /\\u001b\[31mred/);
  assert.equal(JSON.parse(json.out).unknownFields[0].field, bad);
});
