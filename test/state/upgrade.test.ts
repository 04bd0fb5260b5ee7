import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMemoryStore } from '../../shared/lake/store-memory.ts';
import type { LedgerEntry } from '../../shared/model.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { runWindow } from '../../shared/pipeline/run.ts';
import { entryName } from '../../shared/state/document-names.ts';
import { COMMON_VERSION, entryRecord, STATE_VERSION } from '../../shared/state/entry-record.ts';
import { createStoreLedger } from '../../shared/state/ledger-store.ts';
import { entityEntry, entryEntity } from '../../shared/state/table-entities.ts';
import { parseMessage } from '../../shared/state/window-message.ts';
import { manualClock, noHints, window as otherWindow, textLake, truthSource, wordEngine } from '../pipeline/world.ts';

/**
 * State that was written once is read for ever: each file of test/corpus/state holds one entry as a version wrote it
 * into a table and into a document. They are never changed; a new version adds one.
 */

interface Kept {
  readonly entity: Readonly<Record<string, unknown>>;
  readonly document: Readonly<Record<string, unknown>>;
}
const folder = join(import.meta.dirname, '..', 'corpus', 'state');
const keptBy = (version: number): Kept => JSON.parse(readFileSync(join(folder, `v${version}.json`), 'utf8'));
const root = join(import.meta.dirname, '..', '..');

const window = {
  app: 'shop',
  signal: 'requests',
  source: 'continuous',
  start: Date.UTC(2026, 0, 31, 23),
  end: Date.UTC(2026, 1, 1),
} as const;
const name = 'continuous_20260131T2300Z_20260201T0000Z';
/** What the files of the corpus mean, where they say nothing else. */
const entry: LedgerEntry = {
  window,
  state: 'failed',
  revision: 3,
  attempts: 2,
  died: 0,
  leaseUntil: 0,
  notBefore: Date.UTC(2026, 1, 1, 0, 20),
  hintedAt: Date.UTC(2026, 1, 1, 0, 10),
  again: true,
  files: [
    { path: `requests/app=shop/date=2026-01-31/hour=23/${name}.parquet`, signal: 'requests', rows: 1234, bytes: 56789 },
    { path: `_quarantine/app=shop/${name}.ndjson`, signal: 'quarantine', rows: 2, bytes: 99 },
  ],
  fingerprint: '0a1b2c',
  counts: { read: 1240, written: 1234, deduplicated: 6, quarantined: 2 },
  asked: 12,
  startedAt: Date.UTC(2026, 1, 1, 0, 10, 1),
  doneAt: Date.UTC(2026, 1, 1, 0, 5),
  error: 'put requests/…: the disk is full; make room (ENOSPC)',
};
/** A window that was halved: what raised the state version to 2. */
const halved: LedgerEntry = {
  ...entry,
  window: { ...window, source: 'query' },
  state: 'halved',
  attempts: 3,
  died: 2,
  notBefore: 0,
  again: false,
  files: [
    {
      path: 'requests/app=shop/date=2026-01-31/hour=23/query_20260131T2300Z_20260201T0000Z.parquet',
      signal: 'requests',
      rows: 0,
      bytes: 5678,
    },
  ],
  fingerprint: '',
  counts: { read: 0, written: 0, deduplicated: 0, quarantined: 0 },
  asked: 0,
  doneAt: 0,
  error:
    'halved at 2026-01-31T23:30:00.000Z: its last 2 runs ended without a word, for lack of time or memory or in a ' +
    'crash',
};
/** A window that is older than its lake keeps rows: what raised the state version to 3. */
const retired: LedgerEntry = {
  ...entry,
  state: 'retired',
  revision: 4,
  notBefore: 0,
  again: false,
  doneAt: Date.UTC(2026, 4, 2, 3, 40),
  error: '',
};
/** What the file of a version means; what it did not know yet is empty. */
const meaning: readonly LedgerEntry[] = [{ ...entry, hintedAt: 0, again: false, asked: 0 }, entry, halved, retired];
const meant = (version: number): LedgerEntry => meaning[version] ?? assert.fail(`say what v${version}.json means`);

async function readDocument(document: object, { window }: LedgerEntry): Promise<LedgerEntry | undefined> {
  const store = createMemoryStore();
  await store.put(entryName(window, window), new TextEncoder().encode(JSON.stringify(document)), undefined);
  return (await createStoreLedger(store).read(window))?.value;
}

for (let version = 0; version <= STATE_VERSION; version++)
  test(`state of version ${version} is read, from a table and from a document`, async () => {
    assert.ok(existsSync(join(folder, `v${version}.json`)), 'add what that version wrote');
    const { entity, document } = keptBy(version);
    assert.deepEqual(entityEntry(entity), meant(version));
    assert.deepEqual(await readDocument(document, meant(version)), meant(version));
  });

for (let version = COMMON_VERSION; version <= STATE_VERSION; version++)
  test(`what is written now as version ${version} still means to its oldest instance what it meant`, () => {
    const { entity, document } = keptBy(version);
    const now = meant(version);
    const plain = (value: unknown) =>
      typeof value === 'object' && value !== null && 'value' in value ? Number(value.value) : value;
    const written = entryEntity({ partitionKey: String(entity.partitionKey), rowKey: String(entity.rowKey) }, now);
    const known = Object.keys(entity).map((key) => [key, plain(written[key])]);
    assert.deepEqual(Object.fromEntries(known), entity);
    assert.deepEqual({ ...document, ...entryRecord(now), files: now.files }, { ...entryRecord(now), ...document });
  });

test('an older instance that meets newer state stops before it touches ledger or lake', async () => {
  const store = createMemoryStore();
  const ledger = createStoreLedger(store);
  await ledger.write(plannedEntry(otherWindow, 0), undefined);
  const place = entryName(otherWindow, otherWindow);
  const newer = JSON.stringify({
    ...entryRecord(plannedEntry(otherWindow, 0)),
    stateVersion: STATE_VERSION + 1,
    files: [],
  });
  const etag = await store.put(place, new TextEncoder().encode(newer), await store.head(place));
  const lake = textLake();
  const ports = {
    ledger,
    lake,
    hints: noHints,
    clock: manualClock(),
    source: truthSource(() => ({ 1: ['a'] })),
    engine: wordEngine(),
  };
  const rest = {
    lease: 60_000,
    withWorkFolder: <T>(use: (work: string) => Promise<T>) => use('work'),
    discard: async () => {},
    path: () => 'part-1',
  };
  await assert.rejects(
    runWindow(otherWindow, { ...ports, ...rest }),
    /a newer version of Insights Lake wrote it .*; upgrade this instance$/,
  );
  assert.deepEqual(lake.contents(), {});
  assert.equal(await store.head(place), etag);
});

test('a message of a newer version that says more is still a window', () => {
  const message = {
    app: 'shop',
    signal: 'requests',
    source: 'query',
    start: '2026-01-31T23:00:00.000Z',
    end: '2026-02-01T00:00:00.000Z',
  };
  assert.deepEqual(parseMessage({ ...message, priority: 7, why: { audit: true } }), {
    kind: 'window',
    window: { ...window, source: 'query' },
  });
});

test('docs/upgrade.md knows the versions of state and schema', async () => {
  const { SCHEMA_VERSION } = await import('../../shared/signals/columns-of.ts');
  const text = readFileSync(join(root, 'docs', 'upgrade.md'), 'utf8');
  assert.ok(text.includes(`| state | ${STATE_VERSION} |`) && text.includes(`| schema | ${SCHEMA_VERSION} |`));
});
