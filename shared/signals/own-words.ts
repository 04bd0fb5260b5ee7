import { columnsOf } from './columns-of.ts';
import { signals, signalTables } from './tables.ts';

/** What output is written with, in lower case: nobody's secret, whichever variable holds it. */
export const ownWords: ReadonlySet<string> = new Set(
  [
    ...signals,
    ...signals.map((signal) => signalTables[signal].table),
    ...signals.flatMap((signal) => columnsOf(signal).map(({ name }) => name)),
    'parquet',
    'ndjson',
    'insights',
    'lake',
    'application',
    'json',
  ].map((word) => word.toLowerCase()),
);
