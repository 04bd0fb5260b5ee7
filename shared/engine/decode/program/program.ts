import type { AnswerColumn, Layout, Signal } from '../../../model.ts';
import type { Column } from '../../../signals/column.ts';
import { columnsOf } from '../../../signals/columns-of.ts';
import { knownPaths } from '../../../signals/documented.ts';
import { type KeyNode, newNode, USE } from '../walk/key-node.ts';
import { classicTree } from './classic-tree.ts';
import { flatTree } from './flat-tree.ts';
import { placesOf } from './places.ts';

/** A column of a signal, and the slots that its value is made of: what they mean follows from `column.as`. */
export interface ColumnPlan {
  readonly column: Column;
  readonly slots: readonly number[];
}

/** How records of one signal and layout become rows: a tree of keys for the walk, and a plan for what it finds. */
export interface Program {
  readonly signal: Signal;
  readonly layout: Layout;
  readonly root: KeyNode;
  /** Classic records: the tree of an element; and whether elements are rows as they stand. */
  readonly element: KeyNode | undefined;
  readonly inline: boolean;
  /** Classic metrics: `value`, `count`, `min` and `max` of a measurement. */
  readonly measurement: KeyNode | undefined;
  readonly measurementSlots: readonly number[];
  readonly slots: number;
  /** The first slot of the element tree. */
  readonly elementSlots: number;
  readonly plans: readonly ColumnPlan[];
  /** Flat records: slots that may name the table, the first that is not empty counts. */
  readonly types: readonly number[];
  /** Query answers: what the cells are. */
  readonly cells: readonly KeyNode[];
  /** Slots by the paths of the record that they are filled from, `#` for what is made of its structure. */
  slotOf(path: string): number;
  /** Whether a dotted path is that of a column, or documented. */
  known(path: string): boolean;
}

/** Gives slots to paths. */
export interface SlotNumbers {
  of(path: string): number;
  readonly count: number;
}

export function slotNumbers(): SlotNumbers {
  const numbers = new Map<string, number>();
  return {
    of(path) {
      const found = numbers.get(path) ?? numbers.size;
      numbers.set(path, found);
      return found;
    },
    get count() {
      return numbers.size;
    },
  };
}

export function programOf(signal: Signal, layout: Layout, answer: readonly AnswerColumn[]): Program {
  const columns = columnsOf(signal);
  const known = knownPaths(signal, layout);
  const none = {
    element: undefined,
    inline: false,
    measurement: undefined,
    measurementSlots: [],
    types: [],
    cells: [],
  };
  if (layout === 'continuous') return { signal, layout, ...none, ...classicTree(signal, columns), known };
  if (layout === 'query') return { signal, layout, ...none, ...answerPlan(columns, answer), known };
  return { signal, layout, ...none, ...flatTree(layout, columns), known };
}

function answerPlan(columns: readonly Column[], answer: readonly AnswerColumn[]) {
  const places = placesOf(columns, answer);
  const numbers = slotNumbers();
  const cells = answer.map(({ name }, place) => {
    const before = answer.slice(0, place).filter((column) => column.name === name).length;
    // One that comes again is numbered.
    const node = newNode(before === 0 ? name : `${name}_${before + 1}`, USE.unknown);
    node.path = node.name;
    if (places.some((place_) => place_.includes(place))) {
      node.use = USE.taken;
      node.slot = numbers.of(String(place));
    }
    return node;
  });
  const plans = columns.map((column, index) => ({
    column,
    slots: (places[index] ?? []).map((place) => numbers.of(String(place))),
  }));
  return {
    root: newNode('', USE.object),
    plans,
    cells,
    slots: numbers.count,
    elementSlots: numbers.count,
    slotOf: numbers.of,
  };
}
