import type { KeyNode } from './key-node.ts';
import { Leftovers } from './leftovers.ts';
import { Members } from './members.ts';
import { KIND, type Slots } from './slots.ts';
import { type Keys, Strangers } from './strangers.ts';
import { Values } from './values.ts';

/** What a walk knows of the record, and of the element in it, where it stands. */
export class WalkState {
  bytes: Uint8Array = new Uint8Array(0);
  /** The same memory, to be read by words. */
  view = new DataView(this.bytes.buffer);
  slots: Slots;
  /** Something in the record is not what it should be, and `extra` is to hold it whole. */
  odd = false;
  elementOdd = false;
  /** Where the leftovers go at the moment: those of the record, or of one of its elements. */
  leftovers: Leftovers;
  readonly rootLeftovers = new Leftovers();
  readonly elementLeftovers = new Leftovers();
  strangers: Strangers;
  readonly rootStrangers: Strangers;
  readonly elementStrangers: Strangers;
  protected readonly keys: Keys;
  /** Whether what lies below an unknown key is told by its own path. */
  protected readonly deep: boolean;
  protected readonly unwanted = new Leftovers();
  protected readonly unwantedStrangers: Strangers;
  readonly values = new Values();
  readonly dimensions = new Members();
  readonly metrics = new Members();
  /**
   * The array of elements: where it starts and ends (-1: there is none), and where its second object starts (-1: it has
   * none).
   */
  elementsAt = -1;
  elementsEnd = -1;
  moreAt = -1;
  /** Whether the first element has been walked. */
  walked = false;
  /** Of the keys that name a signal the first `named` ones that were met. */
  readonly names: KeyNode[] = [];
  named = 0;
  /** Element trees are walked as they are met; undefined: the signal takes its elements apart by itself. */
  element: KeyNode | undefined;
  /** First slot of the element tree: those from here on are emptied for each element. */
  elementSlots = 0;
  /** Records and elements so far; the number of the one that is walked; that of its record. */
  protected count = 0;
  protected met = 0;
  protected rootMet = 0;

  constructor(slots: Slots, keys: Keys, deep: boolean) {
    this.slots = slots;
    this.keys = keys;
    this.deep = deep;
    this.rootStrangers = new Strangers(keys, deep, this.values);
    this.elementStrangers = new Strangers(keys, deep, this.values);
    this.unwantedStrangers = new Strangers(keys, false, this.values);
    this.leftovers = this.rootLeftovers;
    this.strangers = this.rootStrangers;
  }

  /** The bytes in which records stand from now on. */
  use(bytes: Uint8Array, view: DataView): void {
    this.bytes = bytes;
    this.view = view;
  }

  /** Before a record. */
  begin(): void {
    this.slots.kind.fill(KIND.missing);
    this.odd = false;
    this.elementOdd = false;
    this.rootLeftovers.clear();
    this.elementLeftovers.clear();
    this.rootStrangers.clear();
    this.elementStrangers.clear();
    this.leftovers = this.rootLeftovers;
    this.strangers = this.rootStrangers;
    this.dimensions.clear();
    this.metrics.clear();
    this.elementsAt = -1;
    this.moreAt = -1;
    this.walked = false;
    this.named = 0;
    this.rootMet = ++this.count;
    this.met = this.rootMet;
  }

  /** The record has a key that names a signal. */
  name(node: KeyNode): void {
    this.names[this.named++] = node;
  }

  /** Empties what is known of the element before and turns to the next one. */
  beginElement(): void {
    this.slots.kind.fill(KIND.missing, this.elementSlots);
    this.elementLeftovers.clear();
    this.elementStrangers.clear();
    this.leftovers = this.elementLeftovers;
    this.strangers = this.elementStrangers;
    this.met = ++this.count;
  }

  /** Back to the keys of the record. */
  endElement(): void {
    this.leftovers = this.rootLeftovers;
    this.strangers = this.rootStrangers;
    this.met = this.rootMet;
  }
}
