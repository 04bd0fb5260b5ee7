import { CLOSE_ARRAY, CLOSE_OBJECT, OPEN_ARRAY, OPEN_OBJECT } from '../../../framing/strict.ts';
import { stampOf } from '../../sink.ts';
import type { Reader } from '../reader.ts';
import type { KeyNode } from '../walk/key-node.ts';
import { Members } from '../walk/members.ts';
import { KIND } from '../walk/slots.ts';
import { FIT, number, readReal } from './numbers.ts';
import { putValue, saysSomething, stringOf } from './texts.ts';

const OWN = ['id', 'outerId', 'message', 'type', 'parsedStack'].map((name) => ({
  name,
  key: stampOf(`"${name}":`),
}));
const TYPE = stampOf('"type":');
/** The id of an element that stands for a row. */
const HEAD = 'Representative';
const members = new Members();

/** Whether an element of an exception record stands for a row, or is a link of the row before it. */
export function represents(reader: Reader, element: KeyNode, at: number): boolean {
  const { walker, program, converter } = reader;
  const { slots, bytes } = walker;
  slots.kind.fill(KIND.missing, program.elementSlots);
  walker.aside(element, at);
  const [id, count] = [program.slotOf('id'), program.slotOf('count')];
  const length = (slots.end[id] as number) - (slots.start[id] as number);
  const mayBe = slots.kind[id] === KIND.escaped || (slots.kind[id] === KIND.text && length === HEAD.length);
  if (mayBe && stringOf(slots, id, bytes, converter.scratch) === HEAD) return true;
  if (!saysSomething(slots, count)) return false;
  const fit = readReal(bytes, slots.start[count] as number, slots.end[count] as number);
  return fit !== FIT.no && number.value > 0;
}

/**
 * The chain of the exception that the walker holds: a link of its own where it carries a stack, then those that follow
 * it. As in the query table a link has a type, where the record has exceptionType. Returns whether there is any.
 */
export function detailsOf(reader: Reader, chain: readonly number[]): boolean {
  const { walker, program, details } = reader;
  const stack = program.slotOf('parsedStack');
  const hasOwn = walker.slots.kind[stack] === KIND.json;
  if (!hasOwn && chain.length === 0) return false;
  details.byte(OPEN_ARRAY);
  if (hasOwn) ownLink(reader);
  for (const at of chain) {
    details.comma();
    link(reader, at);
  }
  details.byte(CLOSE_ARRAY);
  return true;
}

function ownLink(reader: Reader): void {
  const { walker, program, details } = reader;
  const { slots, bytes } = walker;
  const type = program.slotOf('exceptionType');
  const typeSlot = saysSomething(slots, type) ? type : program.slotOf('typeName');
  details.byte(OPEN_OBJECT);
  for (const { name, key } of OWN) {
    const slot = name === 'type' ? typeSlot : program.slotOf(name);
    const kind = slots.kind[slot];
    if (kind === KIND.missing || kind === KIND.null) continue;
    details.comma();
    details.stamp(key);
    putValue(slots, slot, bytes, details);
  }
  details.byte(CLOSE_OBJECT);
}

/** An element as it stands, but for its type. */
function link({ walker: { bytes }, details }: Reader, at: number): void {
  members.clear();
  members.add(bytes, at, 3);
  const names = members.names(bytes);
  const says = (name: string): number => {
    const index = names.indexOf(name);
    const start = members.value[index] as number;
    const isEmpty = index < 0 || bytes[start] === 0x6e || (members.end[index] as number) - start <= 2;
    return isEmpty ? -1 : index;
  };
  const type = says('exceptionType') >= 0 ? says('exceptionType') : says('typeName');
  details.byte(OPEN_OBJECT);
  for (const [index, name] of names.entries()) {
    if (name === 'exceptionType' || (name === 'type' && type >= 0)) continue;
    details.comma();
    details.copy(bytes, members.key[index] as number, members.end[index] as number);
  }
  if (type >= 0) {
    details.comma();
    details.stamp(TYPE);
    details.copy(bytes, members.value[type] as number, members.end[type] as number);
  }
  details.byte(CLOSE_OBJECT);
}
