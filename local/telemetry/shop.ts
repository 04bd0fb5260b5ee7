/** The made-up web shop whose telemetry we tell: what it serves, from where, to whom. Data only. */

export interface Page {
  /** Operation name as ASP.NET Core spells it. */
  readonly name: string;
  readonly title: string;
  /** `#` stands for a number. */
  readonly path: string;
  /** How often it is asked for, against the others. */
  readonly weight: number;
  /** Median duration in milliseconds. */
  readonly median: number;
  readonly method: string;
  /** What it calls, in order. */
  readonly calls: readonly CallKind[];
  /** Custom event that a visit may end in. */
  readonly event: string;
}

export type CallKind = 'sql' | 'redis' | 'stock' | 'queue' | 'payment';

const page = (
  method: string,
  route: string,
  title: string,
  path: string,
  weight: number,
  median: number,
  calls: CallKind[],
  event = '',
) => ({
  name: `${method} ${route}`,
  title,
  path,
  weight,
  median,
  method,
  calls,
  event,
});

export const PAGES: readonly Page[] = [
  page('GET', 'Home/Index', 'Lakeside Outfitters', '/', 30, 18, ['redis']),
  page('GET', 'Products/Details', 'Product', '/products/#', 34, 42, ['redis', 'sql', 'stock'], 'ProductViewed'),
  page('GET', 'Products/Search', 'Search', '/search?q=tent&page=#', 16, 130, ['sql', 'sql'], 'Searched'),
  page('POST', 'Cart/Add', 'Cart', '/cart', 10, 55, ['sql', 'stock'], 'AddedToCart'),
  page(
    'POST',
    'Checkout/Pay',
    'Checkout',
    '/checkout/#/pay',
    4,
    900,
    ['sql', 'payment', 'sql', 'queue'],
    'OrderPlaced',
  ),
  page('GET', 'api/orders/{id}', 'Order', '/api/orders/#', 6, 30, ['sql']),
];

export interface Target {
  readonly type: string;
  readonly target: string;
  readonly name: string;
  readonly data: string;
  readonly median: number;
}

export const TARGETS: Readonly<Record<CallKind, Target>> = {
  sql: {
    type: 'SQL',
    target: 'lakeside-sql.database.windows.net | shop',
    name: 'SQL: lakeside-sql.database.windows.net | shop',
    data: 'SELECT [p].[Id], [p].[Name], [p].[Price]\r\nFROM [Products] AS [p]\r\nWHERE [p].[Id] = @__id_0',
    median: 9,
  },
  redis: { type: 'Redis', target: 'lakeside-cache', name: 'GET', data: 'GET session:"cart"', median: 1.2 },
  stock: {
    type: 'HTTP',
    target: 'shop-api',
    name: 'GET /api/stock',
    data: 'https://shop-api.example.net/api/stock',
    median: 14,
  },
  queue: {
    type: 'Queue Message | Azure Service Bus',
    target: 'lakeside-bus/orders',
    name: 'Send',
    data: '',
    median: 6,
  },
  payment: {
    type: 'HTTP',
    target: 'pay.example.com',
    name: 'POST /v2/charges',
    data: 'https://pay.example.com/v2/charges?lang=de',
    median: 420,
  },
};

export interface Place {
  readonly city: string;
  readonly province: string;
  readonly country: string;
  readonly continent: string;
}

const place = (city: string, province: string, country: string, continent: string): Place => ({
  city,
  province,
  country,
  continent,
});

/** The last is what the service says when it does not know. */
export const PLACES: readonly Place[] = [
  place('Zürich', 'Zurich', 'Switzerland', 'Europe'),
  place('München', 'Bavaria', 'Germany', 'Europe'),
  place('London', 'England', 'United Kingdom', 'Europe'),
  place('Pretoria', 'Gauteng', 'South Africa', 'Africa'),
  place('San José', 'San José Province', 'Costa Rica', 'North America'),
  place('東京', 'Tokyo', 'Japan', 'Asia'),
  place('Boydton', 'Virginia', 'United States', 'North America'),
  place('', '', '', ''),
];

export interface Device {
  readonly os: string;
  readonly browser: string;
  readonly model: string;
}

export const DEVICES: readonly Device[] = [
  { os: 'Windows 10', browser: 'Chrome 138.0', model: 'Other' },
  { os: 'Mac OS X 10.15', browser: 'Safari 18.5', model: 'Other' },
  { os: 'Android 15', browser: 'Chrome Mobile 138.0', model: 'Pixel 9' },
  { os: 'iOS 18.5', browser: 'Mobile Safari 18.5', model: 'iPhone' },
  { os: 'Windows 10', browser: 'Edg 138.0', model: 'Other' },
];

export const INSTANCES = ['web-7d4b9c-0', 'web-7d4b9c-1', 'web-7d4b9c-2'] as const;
export const API_INSTANCES = ['api-5f6d8-0', 'api-5f6d8-1'] as const;
export const HOST = 'shop.example.net';
export const VERSION = '4.7.1+b1f3';

/** Counters as Continuous Export keys them, with the names that the query tables use. */
export const COUNTERS = [
  { key: 'percentage_processor_time', category: 'Process', counter: '% Processor Time', instance: 'w3wp', high: 95 },
  {
    key: 'percentage_processor_total',
    category: 'Processor',
    counter: '% Processor Time',
    instance: '_Total',
    high: 100,
  },
  { key: 'process_private_bytes', category: 'Process', counter: 'Private Bytes', instance: 'w3wp', high: 3e9 },
  { key: 'available_bytes', category: 'Memory', counter: 'Available Bytes', instance: '', high: 8e9 },
  { key: 'io_data_bytes_per_sec', category: 'Process', counter: 'IO Data Bytes/sec', instance: 'w3wp', high: 5e6 },
  {
    key: 'requests_per_sec',
    category: 'ASP.NET Applications',
    counter: 'Requests/Sec',
    instance: '__Total__',
    high: 250,
  },
  {
    key: 'number_of_exceps_thrown_per_sec',
    category: '.NET CLR Exceptions',
    counter: '# of Exceps Thrown / sec',
    instance: 'w3wp',
    high: 4,
  },
] as const;
