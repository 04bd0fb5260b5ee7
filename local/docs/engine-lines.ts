/** `node local/docs/engine-lines.ts` prints the lines of the engine by part: the table of docs/decisions.md. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const shared = join(import.meta.dirname, '../../shared');

/** A file counts for the first part that it lies in. */
const parts: readonly (readonly [what: string, folder: string])[] = [
  ['framing: bytes → records', 'framing'],
  ['decode/walk: along a record', 'engine/decode/walk'],
  ['decode/cells: values of a row', 'engine/decode/cells'],
  ['decode/rows: rows to columns, repetitions', 'engine/decode/rows'],
  ['decode/program: the column tables, compiled', 'engine/decode/program'],
  ['decode: lines, readers, faults, drift', 'engine/decode'],
  ['encode/parquet', 'engine/encode/parquet'],
  ['encode/text: NDJSON, CSV', 'engine/encode/text'],
  ['encode: files, row groups, statistics', 'engine/encode'],
  ['where: KQL conditions', 'engine/where'],
  ['shaping', 'engine/shaping'],
  ["ledger-table: the ledger's own files", 'engine/ledger-table'],
  ['what puts it together', 'engine'],
];

const left = new Set(globSync('{framing,engine}/**/*.ts', { cwd: shared }).map((name) => name.replaceAll('\\', '/')));
let all = [0, 0, 0];
console.log('| part | files | lines | code alone |\n|---|--:|--:|--:|');
for (const [what, folder] of parts) {
  const names = [...left].filter((name) => name.startsWith(`${folder}/`));
  for (const name of names) left.delete(name);
  const lines = names.flatMap((name) => readFileSync(join(shared, name), 'utf8').trimEnd().split('\n'));
  const code = lines.filter((line) => !/^\s*(\/\/|\/\*|\*|$)/.test(line));
  const counts = [names.length, lines.length, code.length];
  all = all.map((sum, index) => sum + (counts[index] ?? 0));
  console.log(`| ${what} | ${counts.join(' | ')} |`);
}
console.log(`| **all** | ${all.join(' | ')} |`);
