import type { Signal } from '../../shared/model.ts';
import { uuidOf } from './chance.ts';
import type { Cell, Row } from './row.ts';
import { APP_COLUMNS, ITEM_TYPES, SIGNALS, type TableColumn, WORKSPACE_COLUMNS, WORKSPACE_TABLES } from './tables.ts';

const BY_TYPE: ReadonlyMap<Cell | undefined, Signal> = new Map(SIGNALS.map((signal) => [ITEM_TYPES[signal], signal]));

/** The signal of a canonical row, by its `itemType`. */
export function signalOf(row: Row): Signal {
  const signal = BY_TYPE.get(row.itemType);
  if (!signal)
    throw new Error(
      `row of unknown itemType ${JSON.stringify(row.itemType)}; set one of ${[...BY_TYPE.keys()].join(', ')}`,
    );
  return signal;
}

/** The component that a row is of, as `_ResourceId` names it (in lower case). */
export const resourceIdOf = (row: Row): string =>
  String(
    row._ResourceId ??
      `/subscriptions/${row.appId}/resourcegroups/shops/providers/microsoft.insights/components/${row.appName}`,
  ).toLowerCase();

/** The service leaves out the zeros at the end of a fraction, and a fraction of zeros altogether. */
const shortTime = (time: Cell): Cell =>
  typeof time === 'string' ? time.replace(/(\.\d*?)0*Z$/, '$1Z').replace('.Z', 'Z') : time;

const capital = (value: Cell): Cell => (typeof value === 'boolean' ? (value ? 'True' : 'False') : value);

function appCells(row: Row): Cell[] {
  return APP_COLUMNS[signalOf(row)].map((c) => (c.type === 'datetime' ? shortTime : capital)(row[c.name] ?? null));
}

/** The workspace, whichever components report to it. */
const TENANT = uuidOf('workspace');

const EXTRAS: Readonly<Record<string, (row: Row) => Cell>> = {
  TenantId: () => TENANT,
  Type: (row) => WORKSPACE_TABLES[signalOf(row)],
  ReferencedItemId: () => '',
  ReferencedType: () => '',
  SourceSystem: () => 'Azure',
  _ResourceId: resourceIdOf,
  _SubscriptionId: (row) => resourceIdOf(row).split('/')[2] ?? '',
  _BilledSize: (row) => 600 + String(row.customDimensions ?? '').length,
  _IsBillable: () => 'True',
};

const APP_NAMES: Readonly<Record<string, ReadonlyMap<string, string>>> = Object.fromEntries(
  SIGNALS.map((signal) => [
    signal,
    new Map(APP_COLUMNS[signal].filter((c) => c.workspace).map((c) => [c.workspace, c.name])),
  ]),
);

function workspaceCells(row: Row): Cell[] {
  const signal = signalOf(row);
  return WORKSPACE_COLUMNS[signal].map(({ name, type }) => {
    const extra = EXTRAS[name];
    const value = extra ? extra(row) : (row[APP_NAMES[signal]?.get(name) ?? ''] ?? null);
    return type === 'datetime' ? shortTime(value) : value;
  });
}

/**
 * A row as the query API answers it, in the order of `columnsOf`: app tables with `success` as `True` or `False`,
 * workspace tables with their names and native types. `text`: every cell as a string or null, as the Application
 * Insights endpoint has answered.
 */
export function asCells(row: Row, schema: 'app' | 'workspace', text = false): Cell[] {
  const cells = schema === 'app' ? appCells(row) : workspaceCells(row);
  return text ? cells.map((cell) => (cell === null ? null : String(capital(cell)))) : cells;
}

/** The columns of `asCells`. */
export const columnsOf = (signal: Signal, schema: 'app' | 'workspace'): readonly TableColumn[] =>
  (schema === 'app' ? APP_COLUMNS : WORKSPACE_COLUMNS)[signal];
