import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Inspection } from '../../../cli/inspect/report.ts';
import { run } from '../real.ts';

/** `inspect` and `transform` say the same of every file of the corpus, whatever it was written for. */
const base = await mkdtemp(join(tmpdir(), 'insights-verdict-'));
after(() => rm(base, { recursive: true }));
const corpus = join(import.meta.dirname, '../../corpus');
const entries = await readdir(corpus, { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));

interface Verdict {
  readonly code: number;
  /** Records by signal; of those that are none, and of stretches that are no record, how many. */
  readonly signals: readonly (readonly [string, number])[];
  readonly aside: number;
  readonly incomplete: readonly string[];
}

async function inspected(path: string): Promise<Verdict> {
  const { code, out } = await run(['inspect', path, '--json']);
  const { signals, unknownKinds, unreadable, incomplete } = JSON.parse(out) as Inspection & { incomplete: string[] };
  const aside = unreadable.count + unknownKinds.reduce((sum, { count }) => sum + count, 0);
  return { code, signals: bySignal(signals.map(({ signal, records }) => [signal, records])), aside, incomplete };
}

async function transformed(path: string): Promise<Verdict & { readonly err: string }> {
  const lake = await mkdtemp(join(base, 'lake-'));
  const { code, out, err } = await run(['transform', path, '--out', lake, '--dedupe', 'none', '--json']);
  const none = { signals: [], totals: { quarantined: 0 }, incomplete: [] };
  const { signals, totals, incomplete } = out === '' ? none : JSON.parse(out);
  const rows = signals.map(({ signal, rows }: { signal: string; rows: number }) => [signal, rows] as const);
  return { code, err, signals: bySignal(rows), aside: totals.quarantined, incomplete };
}

function bySignal(counts: readonly (readonly [string, number])[]): (readonly [string, number])[] {
  const sums = new Map<string, number>();
  for (const [signal, count] of counts) if (count > 0) sums.set(signal, (sums.get(signal) ?? 0) + count);
  return [...sums].sort();
}

async function assertAlike(path: string): Promise<Verdict> {
  const [look, { err, ...brought }] = [await inspected(path), await transformed(path)];
  // nothing at all to bring: no summary, and the reason in the message
  if (look.code === 3) {
    assert.deepEqual([brought.code, brought.signals, look.signals], [3, [], []], err);
    for (const text of look.incomplete) assert.ok(err.includes(text), err);
  } else assert.deepEqual(look, brought, err);
  return look;
}

for (const path of files)
  test(`the same of ${path.slice(corpus.length + 1)}, and of it packed`, async () => {
    const look = await assertAlike(path);
    const packed = join(await mkdtemp(join(base, 'packed-')), 'a.json.gz');
    await writeFile(packed, gzipSync(await readFile(path)));
    assert.deepEqual((await assertAlike(packed)).signals, look.signals);
  });

test('the same of all of it in one folder, and some of it is telemetry and some is not', async () => {
  const folder = join(base, 'all');
  await mkdir(folder);
  for (const [at, path] of files.entries()) await writeFile(join(folder, `${at}.json`), await readFile(path));
  const [look, brought] = [await inspected(folder), await transformed(folder)];
  assert.deepEqual([brought.code, brought.signals, brought.incomplete], [look.code, look.signals, look.incomplete]);
  assert.ok(look.signals.length > 3 && look.aside > 0);
});
