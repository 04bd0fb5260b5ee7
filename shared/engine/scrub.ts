import type { FieldTree } from './hidden-fields.ts';
import { quote, quoteAll } from './sql.ts';

/**
 * SQL for the JSON text `value` (a column, not an expression: it is named more than once) without what the tree hides, in objects and in
 * the objects of arrays. Nothing else of the text changes but its spaces. NULL stays NULL; what is no object where only objects are
 * looked into becomes ''.
 */
export function scrubbed(value: string, tree: FieldTree, depth = 0): string {
  const part = `e${depth}`;
  const isArray = `starts_with(${value}, '[')`;
  // An array in an array is no object of the array, and what is in it could be anything.
  const stays = tree.objectsOnly ? `starts_with(${part}, '{')` : `NOT starts_with(${part}, '[')`;
  const elements = `list_transform(json_extract(${value}, '$[*]'), lambda x${depth}: x${depth}::VARCHAR)`;
  const parts = `list_filter(CASE WHEN ${isArray} THEN ${elements} ELSE [${value}] END, lambda ${part}: ${stays})`;
  const scrubbedParts = `list_transform(${parts}, lambda ${part}: CASE WHEN starts_with(${part}, '{') THEN ${membersOf(part, tree, depth)} ELSE ${part} END)`;
  return `CASE WHEN ${value} IS NOT NULL THEN CASE WHEN ${isArray} THEN '[' ELSE '' END || array_to_string(${scrubbedParts}, ',') ||
  CASE WHEN ${isArray} THEN ']' ELSE '' END END`;
}

/**
 * SQL that is true where nothing of the value is hidden, which a glance at its text can tell: none of the names is a key in it. Undefined
 * where no glance can. Keys of letters stand in JSON text as they are, for DuckDB has written it.
 */
export function untouched(value: string, tree: FieldTree): string | undefined {
  const names = hiddenNames(tree);
  if (names === undefined || !names.every((name) => /^[\w .-]+$/.test(name))) return undefined;
  const pattern = `"(${names.map((name) => name.replace(/[.-]/g, '\\$&')).join('|')})"`;
  return `starts_with(${value}, '{') AND NOT regexp_matches(${value}, ${quote(pattern)}, 'i')`;
}

/** Names that must occur for anything to be hidden; undefined where more than these is. */
function hiddenNames({ remove, keep, inside }: FieldTree): readonly string[] | undefined {
  if (keep !== undefined) return undefined;
  const names = [...remove];
  for (const [key, node] of inside) {
    const deeper = node.objectsOnly ? [key] : hiddenNames(node);
    if (deeper === undefined) return undefined;
    names.push(...deeper);
  }
  return names;
}

function membersOf(value: string, { remove, keep, inside }: FieldTree, depth: number): string {
  const member = `m${depth}`;
  const name = `lower(${member}.k)`;
  const strict = [...inside].filter(([, node]) => node.objectsOnly).map(([key]) => key);
  const conditions = [
    ...(remove.size > 0 ? [`NOT list_contains(${quoteAll([...remove])}, ${name})`] : []),
    ...(keep === undefined ? [] : [`list_contains(${quoteAll([...keep])}::VARCHAR[], ${name})`]),
    ...(strict.length > 0
      ? [`(NOT list_contains(${quoteAll(strict)}, ${name}) OR starts_with(${member}.v, '{') OR starts_with(${member}.v, '['))`]
      : []),
  ];
  const stay =
    conditions.length === 0 ? `members(${value})` : `list_filter(members(${value}), lambda ${member}: ${conditions.join(' AND ')})`;
  const deeper = [...inside].map(([key, node]) => `WHEN ${quote(key)} THEN ${scrubbed(`${member}.v`, node, depth + 1)}`);
  if (deeper.length === 0) return `object_of(${stay})`;
  return `object_of(list_transform(${stay}, lambda ${member}: {'k': ${member}.k, 'v': CASE ${name} ${deeper.join(' ')} ELSE ${member}.v END}))`;
}
