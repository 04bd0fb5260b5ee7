import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../../shared/lake/store-memory.ts';
import type { Feed, Ledger } from '../../shared/model.ts';
import { auditFiles } from '../../shared/pipeline/audit/lake-slice.ts';
import { retireWindows } from '../../shared/pipeline/retention/retire.ts';
import { hashOf } from '../../shared/pure/hash-of.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { manualClock } from './world.ts';

/** Thirty feeds; `refuses` tells what comes of a look at the n-th. */
function manyFeeds(refuses: (n: number) => Error | undefined) {
  const asked: string[] = [];
  const ledger: Ledger = {
    ...createMemoryLedger(),
    async *feeds() {
      for (let n = 0; n < 30; n += 1) yield { app: `app-${n}`, signal: 'requests', source: 'query' } satisfies Feed;
    },
    // biome-ignore lint/correctness/useYield: a feed without windows, or one that cannot be looked at
    async *list({ app }) {
      if (!asked.includes(app)) asked.push(app);
      const error = refuses(Number(app.slice(4)));
      if (error !== undefined) throw error;
    },
  };
  const ports = { ledger, lake: createMemoryStore(), clock: manualClock(), limit: 240, hash: hashOf };
  const request = { app: '', signals: [], remove: true, all: true };
  return {
    asked,
    looks: {
      files: () => auditFiles(true, ports),
      retention: () => retireWindows(request, { ...ports, rules: { requests: 30 * 24 * 3_600_000 } }),
    },
  };
}

const away = () => Object.assign(new Error('the table does not answer'), { code: 'NoAnswer' });

for (const name of ['files', 'retention'] as const) {
  test(`${name}: a store that refuses ten feeds in a row is asked for no other`, async () => {
    const { asked, looks } = manyFeeds(away);
    const found = await looks[name]();
    assert.equal(asked.length, 10);
    assert.equal(found.length, 10);
    assert.match(found.at(-1)?.error ?? '', /does not answer; 10 feeds in a row were refused, and those after it wait/);
    assert.ok(found.slice(0, -1).every(({ error }) => error.endsWith('does not answer')));
  });

  test(`${name}: one that works between two that are refused, or a fault of ours, leaves none out`, async () => {
    const now = manyFeeds((n) => (n % 2 === 0 ? away() : undefined));
    assert.equal((await now.looks[name]()).filter(({ error }) => error !== '').length, 15);
    assert.equal(now.asked.length, 30);
    const ours = manyFeeds(() => new Error('an entry that cannot be read'));
    assert.equal((await ours.looks[name]()).length, 30);
  });
}
