import type { FieldTree } from './field-tree.ts';
import { quote, quoteAll } from './sql.ts';

/**
 * SQL for the JSON text `value` (a column, not an expression: it is named more than once) without what the tree hides, in an object or in
 * the objects of an array. Nothing else of the text changes but its spaces. NULL stays NULL; what is neither becomes ''.
 */
export function scrubbed(value: string, tree: FieldTree, depth = 0): string {
  const part = `e${depth}`;
  const isArray = `starts_with(${value}, '[')`;
  const elements = `list_transform(json_extract(${value}, '$[*]'), lambda x${depth}: x${depth}::VARCHAR)`;
  const objects = `list_filter(CASE WHEN ${isArray} THEN ${elements} ELSE [${value}] END, lambda ${part}: starts_with(${part}, '{'))`;
  return `CASE WHEN ${value} IS NOT NULL THEN CASE WHEN ${isArray} THEN '[' ELSE '' END ||
  array_to_string(list_transform(${objects}, lambda ${part}: ${membersOf(part, tree, depth)}), ',') || CASE WHEN ${isArray} THEN ']' ELSE '' END END`;
}

/**
 * SQL that is true where nothing of the value is hidden, which a glance at its text can tell: none of the hidden names is a key in it, and
 * what lies on the way to them is objects. Undefined where no glance can. Text that DuckDB has written spells keys of letters as they are;
 * a long value that was taken out of its line stands as it was, and may spell them with escapes.
 */
export function untouched(value: string, tree: FieldTree): string | undefined {
  const names = namesIn(tree);
  if (names === undefined || ![...names.hidden, ...names.above].every((name) => /^[\w .-]+$/.test(name)))
    return undefined;
  // A letter that is İ elsewhere is an i here, which patterns do not know.
  const anyOf = (some: readonly string[]) =>
    `"(${some.map((name) => name.replace(/[.-]/g, '\\$&').replaceAll('i', '[iİ]')).join('|')})"`;
  const signs = [
    ...(names.hidden.length > 0 ? [anyOf(names.hidden)] : []),
    ...(names.above.length > 0 ? [`${anyOf(names.above)}\\s*:\\s*[^{\\s]`] : []),
  ];
  return `starts_with(${value}, '{') AND NOT contains(${value}, '\\u') AND NOT regexp_matches(${value}, ${quote(signs.join('|'))}, 'i')`;
}

interface Names {
  readonly hidden: readonly string[];
  /** Of members that something is hidden in. */
  readonly above: readonly string[];
}

/** Undefined where more is hidden than names can tell. */
function namesIn({ remove, keep, inside }: FieldTree): Names | undefined {
  if (keep !== undefined) return undefined;
  const below = [...inside.values()].map(namesIn);
  if (below.includes(undefined)) return undefined;
  return {
    hidden: [...remove, ...below.flatMap((names) => names?.hidden ?? [])],
    above: [...inside.keys(), ...below.flatMap((names) => names?.above ?? [])],
  };
}

function membersOf(value: string, { remove, keep, inside }: FieldTree, depth: number): string {
  const member = `m${depth}`;
  const name = `lower(${member}.k)`;
  const isOpen = `(starts_with(${member}.v, '{') OR starts_with(${member}.v, '['))`;
  const conditions = [
    ...(remove.size > 0 ? [`NOT list_contains(${quoteAll([...remove])}, ${name})`] : []),
    ...(keep === undefined ? [] : [`list_contains(${quoteAll([...keep])}::VARCHAR[], ${name})`]),
    ...(inside.size > 0 ? [`(NOT list_contains(${quoteAll([...inside.keys()])}, ${name}) OR ${isOpen})`] : []),
  ];
  const stay =
    conditions.length === 0
      ? `members(${value})`
      : `list_filter(members(${value}), lambda ${member}: ${conditions.join(' AND ')})`;
  const deeper = [...inside].map(
    ([key, node]) => `WHEN ${quote(key)} THEN ${scrubbed(`${member}.v`, node, depth + 1)}`,
  );
  if (deeper.length === 0) return `object_of(${stay})`;
  return `object_of(list_transform(${stay}, lambda ${member}: {'k': ${member}.k, 'v': CASE ${name} ${deeper.join(' ')} ELSE ${member}.v END}))`;
}
