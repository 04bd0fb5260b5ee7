import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Window } from '../../../shared/model.ts';
import { allFences } from '../../docs/fences.ts';
import { differences } from '../../docs/shapes.ts';
import { done, failed, guid, refused, run } from '../fake.ts';

test('failures, and what was left, are told in the fields that docs/cli.md shows', async () => {
  const example = allFences.find(({ page, text }) => page === 'docs/cli.md' && text.includes('"left": [{'));
  assert.ok(example !== undefined);
  const windows = Array.from(
    { length: 8 },
    (_, at): Window => ({
      ...{ app: at % 2 === 0 ? 'a' : 'b', signal: 'requests', source: 'query' },
      ...{ start: Date.UTC(2026, 0, 31, at), end: Date.UTC(2026, 0, 31, at + 1) },
    }),
  );
  const outcome = ({ app }: Window, call: number) => {
    if (app === 'a') return refused('app');
    return call < 4 ? failed('source') : done;
  };
  const words = ['export', '--app', `shop=${guid}`, '--from', '2026-01-31', '--to', '2026-02-01', '--out', 'lake'];
  const { out } = await run([...words, '--json'], { outcome, windows });
  const summary = JSON.parse(out);
  assert.ok(summary.failures.length > 0 && summary.left.length > 0, out);
  assert.deepEqual(differences(JSON.parse(example.text), summary), []);
});
