import type { FieldTree } from './hidden-fields.ts';
import { quote, quoteAll } from './sql.ts';

/**
 * SQL for the JSON text `value` (a column, not an expression: it is named more than once) without what the tree hides, in objects and in
 * the objects of arrays. Nothing else of the text changes but its spaces. NULL stays NULL.
 */
export function scrubbed(value: string, tree: FieldTree, depth = 0): string {
  const element = `e${depth}`;
  const others = tree.objectsOnly ? 'false' : `NOT starts_with(${element}, '[')`;
  const elements = `list_filter(list_transform(json_extract(${value}, '$[*]'), lambda x${depth}: x${depth}::VARCHAR), lambda ${element}: starts_with(${element}, '{') OR ${others})`;
  const scrubbedElements = `list_transform(${elements}, lambda ${element}: CASE WHEN starts_with(${element}, '{') THEN ${membersOf(element, tree, depth)} ELSE ${element} END)`;
  return `CASE WHEN starts_with(${value}, '{') THEN ${membersOf(value, tree, depth)}
  WHEN starts_with(${value}, '[') THEN '[' || array_to_string(${scrubbedElements}, ',') || ']' ELSE ${tree.objectsOnly ? 'NULL' : value} END`;
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
