/**
 * `node bench/cost.ts` prints the tables of docs/cost.md: what a month costs, from counted calls. The counts are those
 * that tests hold (test/front/transactions.test.ts, test/state/tally/table-tally.test.ts); prices are assumptions, to be
 * changed here.
 */

/** US dollars, list prices as they are known for a European region in 2026; your contract and region have others. */
export const PRICES = {
  tableMillion: 0.036,
  queueMillion: 0.04,
  blobWriteMillion: 6.5,
  blobReadMillion: 0.5,
  storedGB: 0.02,
  executionMillion: 0.4,
  gigabyteSecond: 0.000026,
  dataExportGB: 0.13,
  factoryRun: 0.001,
  factoryCopyMinute: 4 * (0.25 / 60),
  searchScannedGB: 0.006,
} as const;

/** Counted: calls to table and queue for one query window with its plan; what its tallies add; what a tick costs. */
export const COUNTS = {
  windowCalls: 6,
  tallyCalls: 8,
  idleTickCalls: 1.1,
  auditCalls: 2,
  blobWritesOfWindow: 2,
  /** The rows, and what the source says of them before. */
  requestsOfWindow: 2,
} as const;

/** One app with ten signals, hourly windows, a tick every five minutes, an audit each hour: the defaults. */
const month = { feeds: 10, hours: 730, ticks: 730 * 12, audits: 730 };
const memoryGB = 2;
/** Rows are read and written at so many bytes of JSON a second, on a small instance. */
const bytesPerSecond = 15e6;
const answerBytes = 100e6;
/** JSON becomes Parquet of a tenth of its size. */
const parquetShare = 0.1;

export interface Month {
  readonly gigabytes: number;
  readonly windows: number;
  readonly requests: number;
  readonly tableCalls: number;
  readonly blobWrites: number;
  readonly gigabyteSeconds: number;
  readonly dollars: number;
  readonly stored: number;
}

/** Without what is free each month: small lakes cost less. */
export function monthOf(gigabytes: number): Month {
  const windows = month.feeds * month.hours;
  const bytes = gigabytes * 1e9;
  const requests = windows * COUNTS.requestsOfWindow + Math.ceil(bytes / answerBytes) + month.audits;
  const tableCalls =
    windows * (COUNTS.windowCalls + COUNTS.tallyCalls) +
    month.ticks * month.feeds * COUNTS.idleTickCalls +
    month.audits * month.feeds * COUNTS.auditCalls;
  const blobWrites = windows * COUNTS.blobWritesOfWindow;
  const seconds = windows * 2 + bytes / bytesPerSecond + month.ticks + month.audits * 5;
  const gigabyteSeconds = seconds * memoryGB;
  const executions = windows + month.ticks + month.audits;
  const dollars =
    (tableCalls / 1e6) * PRICES.tableMillion +
    (windows / 1e6) * 3 * PRICES.queueMillion +
    (blobWrites / 1e6) * PRICES.blobWriteMillion +
    (executions / 1e6) * PRICES.executionMillion +
    gigabyteSeconds * PRICES.gigabyteSecond;
  return {
    ...{ gigabytes, windows, requests, tableCalls: Math.round(tableCalls), blobWrites },
    ...{ gigabyteSeconds: Math.round(gigabyteSeconds), dollars, stored: gigabytes * parquetShare * PRICES.storedGB },
  };
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const money = (value: number): string => (value < 10 ? value.toFixed(2) : count(value));
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** A month of this, and of what else there is. */
export function costTables(): string {
  const months = [1, 10, 100, 1000].map(monthOf);
  const windows = months[0]?.windows ?? 0;
  const of = (make: (month: Month) => string) => months.map(make);
  const head = row(['a month of', ...of(({ gigabytes }) => `${count(gigabytes)} GB`)]);
  const line = row(['---', ...months.map(() => '--:')]);
  const factory = windows * (PRICES.factoryRun * 2 + PRICES.factoryCopyMinute);
  return [
    head,
    line,
    row(['windows', ...of((each) => count(each.windows))]),
    row(['requests to the query API', ...of((each) => count(each.requests))]),
    row(['calls to table and queue', ...of((each) => count(each.tableCalls))]),
    row(['writes to the lake', ...of((each) => count(each.blobWrites))]),
    row(['GB-seconds of Functions', ...of((each) => count(each.gigabyteSeconds))]),
    row(['**dollars, Insights Lake**', ...of((each) => `**${money(each.dollars)}**`)]),
    row(['each month kept in the lake, more', ...of((each) => money(each.stored))]),
    row(['diagnostic settings, to export', ...of(() => '0')]),
    row(['data export rules', ...of((each) => money(each.gigabytes * PRICES.dataExportGB))]),
    row(['export jobs', ...of((each) => money(each.gigabytes * (PRICES.dataExportGB + PRICES.searchScannedGB)))]),
    row([
      'Data Factory, a copy each window',
      ...of((each) => money(factory + (each.gigabytes / 10) * PRICES.factoryCopyMinute)),
    ]),
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) console.log(costTables());
