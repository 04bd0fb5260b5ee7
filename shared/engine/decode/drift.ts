import type { Drift, Signal } from '../../model.ts';
import type { Reader } from './reader.ts';
import type { KeyNode } from './walk/key-node.ts';

/** So many are told of a run; the others are names that are values, most likely. */
const MOST_PATHS = 100;

/** Fields in `extra` that neither the column tables nor the documentation know, most frequent first. */
export function driftOf(readers: Iterable<Reader>): readonly Drift[] {
  const found = new Map<string, { signal: Signal; path: string; count: number }>();
  for (const { signal, program, shape } of readers) {
    for (const { keys, node } of unknownIn(program.root, [], program.cells, program.element)) {
      const { path, rows } = node;
      if (rows === 0 || program.known(path) || shape.hides(keys)) continue;
      const key = `${signal} ${path}`;
      const drift = found.get(key) ?? { signal, path, count: 0 };
      drift.count += rows;
      found.set(key, drift);
    }
  }
  return [...found.values()].toSorted((a, b) => b.count - a.count || (a.path < b.path ? -1 : 1)).slice(0, MOST_PATHS);
}

/** Returns what has rows forgotten that are told after this. */
export function markDrift(readers: () => Iterable<Reader>): () => void {
  const nodesOf = ({ program }: Reader) => unknownIn(program.root, [], program.cells, program.element);
  const told = new Map(
    [...readers()].flatMap((reader) => [...nodesOf(reader)].map(({ node }) => [node, node.rows] as const)),
  );
  return () => {
    for (const reader of readers()) for (const { node } of nodesOf(reader)) node.rows = told.get(node) ?? 0;
  };
}

interface Unknown {
  /** From the root of the record. */
  readonly keys: readonly string[];
  readonly node: KeyNode;
}

function* unknownIn(
  root: KeyNode,
  above: readonly string[],
  cells: readonly KeyNode[] = [],
  element?: KeyNode,
): Generator<Unknown> {
  for (const node of [...root.children, ...cells]) {
    const keys = [...above, node.name];
    yield { keys, node };
    yield* unknownIn(node, keys);
  }
  if (element !== undefined) yield* unknownIn(element, [element.path]);
}
