/**
 * Which members of an object, or of the objects of an array, must not be seen. Names are folded. Where the tree goes on
 * inside of a member only objects are looked into: text in their place (JSON in a string, most likely) or a list in a
 * list could hold anything, and goes.
 */
export interface FieldTree {
  readonly remove: Set<string>;
  /** If there, all others go. */
  keep: Set<string> | undefined;
  readonly inside: Map<string, FieldTree>;
}

/**
 * A name as names are compared: without regard to case, one letter for one. The `toLowerCase` of JavaScript knows the
 * letter behind it (a final sigma) and makes two of one (İ).
 */
export const folded = (name: string): string =>
  [...name].map((letter) => (letter === 'İ' ? 'i' : letter.toLowerCase())).join('');

const foldedSet = (names: readonly string[]): Set<string> => new Set(names.map(folded));

export const treeOf = (remove: readonly string[], keep?: readonly string[]): FieldTree => ({
  remove: foldedSet(remove),
  keep: keep && foldedSet(keep),
  inside: new Map(),
});

export const isEmptyTree = ({ remove, keep, inside }: FieldTree): boolean =>
  remove.size === 0 && keep === undefined && inside.size === 0;

export function removePath(tree: FieldTree, path: readonly string[]): void {
  const last = path.at(-1);
  if (last !== undefined) placeTree(tree, path.slice(0, -1), treeOf([last]));
}

/** Hides at the end of the path what the other tree hides, beside what is hidden there already. */
export function placeTree(tree: FieldTree, path: readonly string[], other: FieldTree): void {
  if (isEmptyTree(other)) return;
  const node = path.map(folded).reduce(insideOf, tree);
  for (const name of other.remove) node.remove.add(name);
  node.keep =
    node.keep && other.keep ? node.keep.intersection(other.keep) : (node.keep ?? (other.keep && new Set(other.keep)));
  for (const [name, below] of other.inside) placeTree(node, [name], below);
}

function insideOf(tree: FieldTree, name: string): FieldTree {
  const found = tree.inside.get(name) ?? treeOf([]);
  tree.inside.set(name, found);
  return found;
}

/** The tree that keeps these dotted paths, with the keys on the way to them, and nothing else. */
export function keepingTree(allow: readonly string[]): FieldTree {
  const tree = treeOf([], []);
  const wide = allow.filter((path) => !allow.some((other) => folded(path).startsWith(`${folded(other)}.`)));
  for (const keys of wide.flatMap(readings)) {
    let node = tree;
    for (const [index, key] of keys.map(folded).entries()) {
      node.keep ??= new Set();
      node.keep.add(key);
      if (index < keys.length - 1) node = insideOf(node, key);
    }
  }
  return tree;
}

/** What a dotted path may mean: a key for every word, or somewhere a key that holds dots itself. */
export function readings(dotted: string): readonly (readonly string[])[] {
  const words = dotted.split('.');
  const runs = words.flatMap((_, from) =>
    words
      .slice(from + 1)
      .map((_, more) => words.toSpliced(from, more + 2, words.slice(from, from + more + 2).join('.'))),
  );
  return [words, ...runs];
}

/** Whether the tree hides what these keys lead to. */
export function isHiddenPath(keys: readonly string[], tree: FieldTree | undefined): boolean {
  let node = tree;
  for (const step of keys.map(folded)) {
    if (node === undefined) return false;
    if (node.remove.has(step) || node.keep?.has(step) === false) return true;
    node = node.inside.get(step);
  }
  return false;
}
