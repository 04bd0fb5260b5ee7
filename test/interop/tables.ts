import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDraftFiles } from '../../shared/engine/encode/draft-files.ts';
import { openDeltaLake } from '../../shared/lake/delta/lake-tables.ts';
import { schemaString } from '../../shared/lake/delta/schema.ts';
import { tableFilePath } from '../../shared/lake/paths.ts';
import { createFolderStore } from '../../shared/lake/store-folder.ts';
import type { FileRecord, LakeTables, Output, TableFile, Window } from '../../shared/model.ts';
import { rowsOf, type Typed } from '../engine/encode/rows.ts';

/** A table as our code writes it over a month and more, and what readers must find in it. */

const DAY = 24 * 3_600_000;
const START = Date.UTC(2026, 0, 1);
const APPS = ['shop', 'ä b/c', '50% off'];

/** What a version of the table holds: `app|date|id|count` of each row, and the sum of the late column. */
export interface Expected {
  readonly folder: string;
  readonly version: number;
  readonly rows: readonly string[];
  /** Of the head: rows under filters. */
  readonly counts: {
    readonly app: number;
    readonly day: number;
    readonly time: number;
    readonly late: number;
    /** Rows without a value in the late column: of files that lack it, too. */
    readonly nulls: number;
    readonly good: number;
  };
  readonly app: string;
  readonly day: string;
  readonly time: string;
  /** The version before the last run, which was one of a window that had run before: its rows, to travel to. */
  readonly before: { readonly version: number; readonly rows: readonly string[] };
  /** Files that the head shows, and those that lie there and it does not. */
  readonly live: number;
  readonly dead: readonly string[];
  /** Column → type in words of the log. */
  readonly types: Readonly<Record<string, string>>;
}

const early: readonly Typed[] = [
  { name: 'timestamp', type: 'timestamp' },
  { name: 'id', type: 'string' },
  { name: 'itemCount', type: 'integer' },
  { name: 'duration', type: 'real' },
  { name: 'success', type: 'boolean' },
  { name: 'customDimensions', type: 'dynamic' },
];
const late: readonly Typed[] = [...early, { name: 'tenant', type: 'string' }];
const output: Output = { format: 'parquet', gzip: false, partition: 'day', path: '', table: 'delta' };

/** The schema of the table, as its log has it. */
const typesOf = (columns: readonly Typed[]): Expected['types'] =>
  Object.fromEntries(
    (JSON.parse(schemaString(columns)) as { fields: { name: string; type: string }[] }).fields.map((field) => [
      field.name,
      field.type,
    ]),
  );

interface Row {
  readonly app: string;
  readonly time: number;
  readonly id: string;
  readonly good: boolean;
  readonly tenant: string | null;
}

const spelled = ({ app, time, id }: Row): string => `${app}|${new Date(time).toISOString().slice(0, 10)}|${id}`;

/**
 * Brings `commits` windows into a table: each app an hour a time, some of them twice, the last third with a column
 * more.
 */
export async function writeTable(folder: string, commits: number): Promise<Expected> {
  await mkdir(folder, { recursive: true });
  const lake = createFolderStore(folder);
  let now = START;
  let ids = 0;
  const clock = { now: () => now, random: () => 0.5, sleep: async () => {} };
  const open = (columns: readonly Typed[]): LakeTables =>
    openDeltaLake({ lake, clock, newId: () => `id-${++ids}`, columns: () => columns });
  let tables = open(early);
  const live = new Map<
    string,
    { readonly rows: readonly Row[]; readonly files: readonly FileRecord[]; readonly revision: number }
  >();
  let before: Expected['before'] = { version: 0, rows: [] };
  const dead: string[] = [];
  const rowsNow = () => [...live.values()].flatMap(({ rows }) => rows);

  async function run(at: number, columns: readonly Typed[], ids: readonly string[]): Promise<void> {
    const app = APPS[at % APPS.length] ?? '';
    const start = START + Math.floor(at / APPS.length) * 3_600_000;
    const window: Window = { app, signal: 'requests', source: 'query', start, end: start + 3_600_000 };
    const key = `${app} ${start}`;
    const known = live.get(key);
    const revision = (known?.revision ?? 0) + 1;
    const tenant = columns === late ? `t${at % 3}` : null;
    const rows = ids.map((id, n): Row => ({ app, time: start + n * 60_000, id, good: n !== 1, tenant }));
    const files = await filesOf(window, revision, rows, columns);
    const seen = await tables.publish(
      { window, revision, written: files, known: known?.files ?? [], afterDone: revision > 1 },
      async () => {},
    );
    if (seen > 0) throw new Error(`revision ${seen} of ${key} was seen`);
    dead.push(...(known?.files ?? []).map(({ path }) => path));
    live.set(key, { rows, files, revision });
  }

  async function filesOf(
    window: Window,
    revision: number,
    rows: readonly Row[],
    columns: readonly Typed[],
  ): Promise<TableFile[]> {
    const limits = { partBytes: 1e9, stageBytes: 1e9, groupBytes: 1e9, heldBytes: 1e9 };
    const work = await mkdtemp(join(tmpdir(), 'table-'));
    const drafts = createDraftFiles(work, output, () => ({ columns, facts: {} }), limits);
    const cells = rows.map(({ time, id, good, tenant }, n) => [
      ...[BigInt(time) * 1000n + 1n, id, BigInt(n + 1), n / 3, good, JSON.stringify({ n, id })],
      tenant,
    ]);
    const partition = Math.floor(window.start / DAY) * DAY;
    await drafts.add('requests', partition, rowsOf(columns, cells, ['id']), 1);
    const files: TableFile[] = [];
    for (const { content, part, rows: count, statistics } of await drafts.finish()) {
      const path = tableFilePath({ window, signal: 'requests', partition, part, revision });
      await lake.put(path, content, undefined);
      files.push({ path, signal: 'requests', rows: count, bytes: content.bytes, ...(statistics && { statistics }) });
    }
    await rm(work, { recursive: true });
    return files;
  }

  for (let at = 0; at < commits; at++) {
    now += (45 * DAY) / commits;
    const columns = at < (commits * 2) / 3 ? early : late;
    if (at === Math.ceil((commits * 2) / 3)) tables = open(late);
    if (at === commits - 1) before = { version: at - 1, rows: rowsNow().map(spelled).sort() };
    // Every seventh run is one of a window that was done, with other rows; the very last one, too.
    const again = at % 7 === 6 || at === commits - 1;
    await run(again ? at - 5 : at, columns, again ? [`${at}-x`] : [`${at}-a`, `${at}-b`, `${at}-ö`]);
  }
  // Of a run that was overtaken before its entry: nobody has seen it, and nobody will.
  const stray = dead[0]?.replace('_r1.', '_r9.') ?? '';
  await lake.put(stray, Buffer.from('never committed'), undefined);
  const rows = rowsNow();
  const median = rows.map((row) => row.time).sort((a, b) => a - b)[rows.length >> 1] ?? START;
  const [app, day, time] = [APPS[1] ?? '', new Date(median).toISOString().slice(0, 10), new Date(median).toISOString()];
  return {
    folder: join(folder, 'requests'),
    version: commits - 1,
    rows: rows.map(spelled).sort(),
    counts: {
      app: rows.filter((row) => row.app === app).length,
      day: rows.filter((row) => new Date(row.time).toISOString().startsWith(day)).length,
      time: rows.filter((row) => row.time >= Date.parse(time)).length,
      late: rows.filter(({ tenant }) => tenant === 't1').length,
      nulls: rows.filter(({ tenant }) => tenant === null).length,
      good: rows.filter(({ good }) => good).length,
    },
    ...{ app, day, time, before, live: [...live.values()].reduce((sum, { files }) => sum + files.length, 0) },
    dead: [...dead, stray].map((path) => path.slice('requests/'.length)).sort(),
    types: typesOf(late),
  };
}
