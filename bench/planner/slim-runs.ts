/** What runs would have left in a table. */

import type { Config } from '../../shared/model.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { entryChanges, lakeMarkChange, progressChange } from '../../shared/state/table-changes.ts';
import * as rows from '../../shared/state/table-entities.ts';
import { markChange } from '../../shared/state/tally/table-tally.ts';
import { ledgerPlaceOf } from '../../shared/wire/clients.ts';
import { queryFeeds } from '../../shared/wire/query.ts';
import type { startSlimStorage } from './slim-storage.ts';
import type { slimTable } from './slim-table.ts';

type Table = ReturnType<typeof slimTable>;
type Storage = Awaited<ReturnType<typeof startSlimStorage>>;
const hour = 3_600_000;

/** Every feed of these settings has come to the last full hour, and lake and ledger know each other. */
export function atRest({ table, blobs }: Storage, { apps, state, lake }: Config, now: number): void {
  const ledger = ledgerPlaceOf(state, lake);
  const part = ledger.kind === 'table' ? ledger.part : '';
  const at = { horizon: Math.floor(now / hour) * hour, watermark: Math.floor(now / hour) * hour };
  for (const { feed } of apps.flatMap(queryFeeds)) {
    put(table, progressChange(rows.feedPartition(part, feed), at, undefined));
    table.put(part, rows.feedRow(feed), { PartitionKey: part, RowKey: rows.feedRow(feed), ...feed });
  }
  put(table, lakeMarkChange(part, { id: 'l', count: 1, adopting: false }, undefined));
  const day = new Date(now).toISOString();
  const word = { lake: 'l', madeAt: day, ledger, product: '0', count: 1, countedAt: day };
  blobs.set('/blob/account/lake/_insights-lake/lake.json', Buffer.from(JSON.stringify(word)));
}

/** Every window that is due has run, and is done. */
export function allDone(table: Table, now: number): void {
  const doneAt = new Date(now).toISOString();
  for (const [partition, held] of table.partitions)
    for (const [row, { entity }] of [...held]) {
      if (!row.startsWith('w|') || entity.state === 'done') continue;
      const done = { ...entity, state: 'done', revision: 1, startedAt: doneAt, doneAt, fingerprint: 'rows:0' };
      table.put(partition, row, done);
      held.delete(row.replace(/^w/, 'o'));
      put(table, markChange(partition, [Date.parse(String(entity.start))]));
    }
}

/** Windows of a feed of blobs that an archive has put there, none of them sent for. */
export function backlogOf(table: Table, windows: number): void {
  const [partition = ''] = [...table.partitions.keys()].filter((name) => name.endsWith('|query|requests'));
  const feed = { app: 'app-0', signal: 'requests', source: 'continuous' } as const;
  const other = partition.replace(/\|[^|]*\|query\|requests$/, '|app-0|continuous|requests');
  for (let n = 0; n < windows; n++) {
    const window = { ...feed, start: n * hour, end: (n + 1) * hour };
    for (const change of entryChanges(other, plannedEntry(window), undefined)) put(table, change);
  }
  const lake = other.replace(/\|app-0\|continuous\|requests$/, '');
  table.put(lake, 'f|app-0|continuous|requests', { PartitionKey: lake, ...feed });
}

/** As the service spells it. */
function put(table: Table, [, row]: ReturnType<typeof markChange>): void {
  const { partitionKey, rowKey, ...rest } = row;
  const plain = Object.entries(rest).map(([name, value]) => [
    name,
    Object(value) === value ? (value as { value: unknown }).value : value,
  ]);
  table.put(partitionKey, rowKey, { PartitionKey: partitionKey, RowKey: rowKey, ...Object.fromEntries(plain) });
}
