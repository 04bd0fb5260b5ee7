import type { FieldTree } from './hidden-fields.ts';

/**
 * A JSON text without what the tree hides: what `scrubbed` does in SQL. Numbers stay as they are spelled; of a repeated key the last value
 * stays. Text that is no JSON becomes null.
 */
export function scrubText(json: string, tree: FieldTree): string {
  try {
    return JSON.stringify(withoutHidden(JSON.parse(json, asSpelled), tree)) ?? 'null';
  } catch {
    return 'null';
  }
}

const asSpelled = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && context?.source !== undefined ? rawNumber(context.source) : value;

const { rawJSON } = JSON as typeof JSON & { rawJSON?(text: string): object };
const rawNumber = (source: string): unknown => (rawJSON === undefined ? Number(source) : rawJSON(source));

/** JSON.rawJSON makes objects of its own, frozen and without a prototype. */
const isNumber = (value: object): boolean => Object.isFrozen(value);

function withoutHidden(value: unknown, tree: FieldTree): unknown {
  if (Array.isArray(value)) {
    const stays = (part: unknown) => (tree.objectsOnly ? isMembers(part) : !Array.isArray(part));
    return value.filter(stays).map((part) => (isMembers(part) ? members(part, tree) : part));
  }
  if (isMembers(value)) return members(value, tree);
  return tree.objectsOnly ? undefined : value;
}

const isMembers = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isNumber(value);

function members(object: object, { remove, keep, inside }: FieldTree): object {
  const kept = Object.entries(object).flatMap(([key, value]): [string, unknown][] => {
    const name = key.toLowerCase();
    const node = inside.get(name);
    if (remove.has(name) || keep?.has(name) === false) return [];
    const left = node === undefined ? value : withoutHidden(value, node);
    return left === undefined ? [] : [[key, left]];
  });
  return Object.fromEntries(kept);
}
