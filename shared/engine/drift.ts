import type { Drift, Layout, Shaping, Signal } from '../model.ts';
import { knownPaths } from '../signals/documented.ts';
import { noShape } from '../signals/shape.ts';
import { signalTables } from '../signals/tables.ts';
import type { Database } from './database.ts';
import { decodedTable } from './decoded-table.ts';
import { isHiddenPath } from './field-tree.ts';
import { hiddenTrees } from './hidden-fields.ts';
import { LONG_LINE } from './lines.ts';
import { named, quoteAll } from './sql.ts';

/** So many paths a run, and so long ones: where names are values (a map by user, say) they are not all worth telling, nor to be told. */
const MOST_PATHS = 100;
const MOST_LETTERS = 200;

export interface DriftCount {
  add(signal: Signal, layout: Layout): Promise<void>;
  readonly found: readonly Drift[];
}

/** Objects of classic records whose keys tell records apart. */
const ROOT_OBJECTS = [
  ...[
    '$',
    '$.context',
    '$.context.data',
    '$.context.device',
    '$.context.location',
    '$.context.operation',
    '$.context.session',
  ],
  ...[
    '$.context.user',
    '$.context.application',
    '$.context.cloud',
    '$.context.custom',
    '$.internal',
    '$.internal.data',
  ],
];

/**
 * Counts the fields in `extra` that neither the column tables nor the documentation know. Rows with the same keys are counted together, and
 * one of them is looked at for all; to look at each would cost a fifth of decoding. Very long ones are left out.
 */
export function createDriftCount(db: Database, shaping: Shaping): DriftCount {
  const counts = new Map<string, { signal: Signal; path: string; count: number }>();
  return {
    async add(signal, layout) {
      // What does not leave is not told either.
      const { drop, hash } = shaping.signals[signal] ?? noShape;
      if (drop.includes('extra') || hash.includes('extra')) return;
      const known = knownPaths(signal, layout);
      const hidden = hiddenTrees(signal, layout, shaping).get('extra');
      const extra = named('extra');
      const objects =
        layout === 'continuous'
          ? [...ROOT_OBJECTS, `$.${signalTables[signal].element}`, `$.${signalTables[signal].element}[0]`]
          : ['$'];
      const rows = await db.rows(`SELECT json_structure(example)::VARCHAR, rows FROM
        (SELECT any_value(${extra}) AS example, count(*) AS rows FROM ${decodedTable(signal)}
          WHERE NOT _known AND ${extra} IS NOT NULL AND strlen(${extra}) <= ${LONG_LINE} GROUP BY json_keys(${extra}, ${quoteAll(objects)}))`);
      for (const [fields, count] of rows) {
        const leaves = [...leavesOf(JSON.parse(String(fields)), [])].filter((keys) => !isHiddenPath(keys, hidden));
        // Flat records and answers have names, whatever lies below them.
        for (const path of new Set(
          leaves.map((keys) => (layout === 'continuous' ? keys.join('.') : (keys[0] ?? ''))),
        )) {
          if (known(path) || path.length > MOST_LETTERS) continue;
          const key = `${signal} ${path}`;
          const drift = counts.get(key) ?? { signal, path, count: 0 };
          if (!counts.has(key) && counts.size >= MOST_PATHS) continue;
          drift.count += Number(count);
          counts.set(key, drift);
        }
      }
    },
    get found() {
      return [...counts.values()].toSorted((a, b) => b.count - a.count || (a.path < b.path ? -1 : 1));
    },
  };
}

/** The keys to the values in a structure as json_structure gives it; arrays are passed through. */
function* leavesOf(structure: unknown, keys: readonly string[]): Generator<readonly string[]> {
  if (Array.isArray(structure)) for (const part of structure) yield* leavesOf(part, keys);
  else if (typeof structure === 'object' && structure !== null) {
    for (const [name, below] of Object.entries(structure)) yield* leavesOf(below, [...keys, name]);
  } else yield keys;
}
