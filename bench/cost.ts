/**
 * `node bench/cost.ts` prints the tables of docs/cost.md: what a month costs, from counted calls. The counts are those
 * that tests hold (test/front/transactions.test.ts, test/state/tally/table-tally.test.ts); prices are assumptions, each
 * with where it is from, to be changed here.
 */

interface Price {
  /** US dollars. */
  readonly price: number;
  readonly of: string;
  /** Where it was read, and of when that is; '': nowhere to be looked up from here, and to be checked before use. */
  readonly source: string;
}

/** List prices without discounts; your contract and region have others. */
export const PRICE_LIST = {
  gigabyteSecond: {
    price: 0.000026,
    of: 'GB-second of Flex Consumption, on demand',
    source: 'modal.com/blog/azure-function-pricing-guide, 2025-05-22, East US',
  },
  executionMillion: { price: 0.4, of: 'million executions of Flex Consumption', source: '' },
  tableMillion: { price: 0.036, of: 'million calls to Table Storage', source: '' },
  queueMillion: { price: 0.04, of: 'million calls to Queue Storage', source: '' },
  blobWriteMillion: { price: 6.5, of: 'million writes of hot blobs, locally redundant', source: '' },
  storedGB: { price: 0.02, of: 'GB and month of hot blobs, locally redundant', source: '' },
  dataExportGB: { price: 0.13, of: 'GB of a data export rule', source: '' },
  searchScannedGB: { price: 0.006, of: 'GB that an export job scans', source: '' },
  factoryRun: {
    price: 0.001,
    of: 'activity run of Data Factory',
    source: 'azurelessons.com/azure-data-factory-pricing, seen 2026-11-27',
  },
  factoryCopyMinute: {
    price: 4 * (0.25 / 60),
    of: 'minute of a copy with four integration units',
    source: 'azurelessons.com/azure-data-factory-pricing ($0.25 a unit and hour), seen 2026-11-27',
  },
} as const satisfies Readonly<Record<string, Price>>;

export const PRICES = Object.fromEntries(
  Object.entries(PRICE_LIST).map(([name, { price }]) => [name, price]),
) as Readonly<Record<keyof typeof PRICE_LIST, number>>;

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

/** The prices behind it. */
export function priceTable(): string {
  return [
    '| price | of a | from |',
    '|--:|---|---|',
    ...Object.values<Price>(PRICE_LIST).map(
      ({ price, of, source }) =>
        `| $${Number(price.toPrecision(3))} | ${of} | ${source === '' ? 'an assumption: look it up' : source} |`,
    ),
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) console.log(`${costTables()}\n\n${priceTable()}`);
