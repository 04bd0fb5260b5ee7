import type { AnswerColumn, Layout, Signal } from '../../model.ts';
import { signalTables } from '../../signals/tables.ts';
import { Sink, type Stamp, stampOf } from '../sink.ts';
import { Converter } from './cells/converter.ts';
import { type Program, programOf } from './program/program.ts';
import { Row } from './rows/row.ts';
import type { RowShape } from './rows/row-shape.ts';
import { Slots } from './walk/slots.ts';
import { Keys } from './walk/strangers.ts';
import { Walker } from './walk/walker.ts';

/** Everything that it takes to read records of one signal and layout. */
export interface Reader {
  readonly signal: Signal;
  readonly layout: Layout;
  readonly program: Program;
  readonly walker: Walker;
  readonly converter: Converter;
  readonly row: Row;
  readonly shape: RowShape;
  /** `"request":` */
  readonly elementKey: Stamp;
  /** Where the chain of an exception is put together. */
  readonly details: Sink;
  /** Keys of the columns, for cells of an answer that do not fit. */
  readonly columnKeys: readonly Stamp[];
  cellOf(column: string): number;
  /** Cells that every row is asked for. */
  readonly timeCell: number;
  readonly idCell: number;
  readonly extraCell: number;
}

const keyOf = (name: string): Stamp => stampOf(`${JSON.stringify(name)}:`);

export function readerOf(signal: Signal, layout: Layout, answer: readonly AnswerColumn[], shape: RowShape): Reader {
  const program = programOf(signal, layout, answer);
  const walker = new Walker(new Slots(program.slots), new Keys(), layout === 'continuous');
  walker.element = program.inline ? program.element : undefined;
  walker.elementSlots = program.elementSlots;
  const names = program.plans.map(({ column }) => column.name);
  return {
    signal,
    layout,
    program,
    walker,
    converter: new Converter(program, walker),
    row: new Row(names.length + shape.cells),
    shape,
    elementKey: keyOf(signalTables[signal].element),
    details: new Sink(),
    columnKeys: names.map(keyOf),
    cellOf: (column) => names.indexOf(column),
    timeCell: names.indexOf('timestamp'),
    idCell: names.indexOf('itemId'),
    extraCell: names.indexOf('extra'),
  };
}
