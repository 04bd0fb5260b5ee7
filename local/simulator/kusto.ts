import {
  type Kusto,
  type KustoCode,
  type KustoDiagnostic,
  kustoWith,
  type SyntaxNode,
} from '../../shared/engine/where/kusto.ts';
import { APP_COLUMNS, SIGNALS, type TableColumn, WORKSPACE_COLUMNS, WORKSPACE_TABLES } from '../telemetry/tables.ts';

export type { KustoCode, KustoDiagnostic, SyntaxNode };

/** `_ItemId` is there for who asks for it, but not in the answer. */
const HIDDEN: readonly TableColumn[] = [
  { name: '_ItemId', type: 'string' },
  { name: '_TimeReceived', type: 'datetime' },
];

function load(): Kusto {
  return kustoWith(
    SIGNALS.flatMap((signal) => [
      { name: signal, columns: APP_COLUMNS[signal] },
      { name: WORKSPACE_TABLES[signal], columns: [...WORKSPACE_COLUMNS[signal], ...HIDDEN] },
    ]),
  );
}

let loaded: Kusto | undefined;

/** Microsoft's KQL parser with the twenty tables. */
export function kusto(): Kusto {
  loaded ??= load();
  return loaded;
}
