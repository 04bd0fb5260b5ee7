/** More query APIs of other makes, with less that can be asked and odder forms than those of makes.ts. */
import { deflateSync, gzipSync } from 'node:zlib';
import { cellsOf, other, semantic, unknownFunction } from './makes.ts';
import type { Make, Result } from './other-api.ts';

const unknownColumn = (name: string) =>
  semantic('SEM0100', `'where' operator: Failed to resolve scalar expression named '${name}'`);
const table = (rows: unknown, { columns }: Pick<Result, 'columns'>, name?: string) => ({
  ...(name !== undefined && { name }),
  columns,
  rows,
});

/** A small server of its own: HTTP/1.0, no lengths, truth as 0 and 1, whole numbers as text; and its rows have no ids. */
const handmade: Make = {
  name: 'handmade',
  kind: 'app',
  plainHttp: true,
  ids: false,
  refuses: (query) => (/itemId/.test(query) ? unknownColumn('itemId') : undefined),
  answer: (result) => {
    const rows = cellsOf(result, (cell, type, name) => {
      if (name === 'success') return cell === null ? null : Number(cell === 'True');
      return (type === 'long' || type === 'int') && cell !== null ? String(cell) : cell;
    });
    const columns = result.columns.map(({ name, type }) => ({ name, type: name === 'success' ? 'SByte' : type }));
    return JSON.stringify({ tables: [table(rows, { columns }, 'PrimaryResult')] });
  },
};

const escaped = (text: string): string =>
  text
    .replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('/', '\\/');

/** Knows no ingestion time, packs by deflate and in several members, escapes what need not be, and sends bit by bit. */
const sleepy: Make = {
  name: 'sleepy',
  kind: 'app',
  latest: false,
  piece: 700,
  pack: (text, takes) => {
    const middle = Math.floor(text.length / 2);
    if (/deflate/.test(takes) && text.length % 2 === 0) return ['deflate', deflateSync(text)];
    const members = [text.subarray(0, middle), text.subarray(middle)].map((part) => gzipSync(part));
    return /gzip/.test(takes) ? ['gzip', Buffer.concat(members)] : undefined;
  },
  answer: (result) => {
    const latest = result.isSurvey ? result.columns.findIndex(({ name }) => name === 'latest') : -1;
    const rows = result.rows.map((cells) => cells.map((cell, at) => (at === latest ? null : cell)));
    return escaped(JSON.stringify({ tables: [table(rows, result, 'PrimaryResult')] }, null, '\t'));
  },
};

/** Tells counts and nothing else, and refuses in statuses of its own. */
const mute: Make = {
  name: 'mute',
  kind: 'app',
  counts: true,
  latest: false,
  refuses: (query) => {
    if (/^union/.test(query)) return { status: 422, body: '{"error":{"code":"NotSupported","message":"union"}}' };
    if (/ingestion_time/.test(query)) return { status: 501, body: '{"error":{"code":"NotImplemented","message":"x"}}' };
    return /hash\(/.test(query) ? unknownFunction('hash') : undefined;
  },
  answer: (result) => JSON.stringify({ tables: [table(result.rows, result)] }),
};

/** So many rows of a survey fit into an answer. */
const FEW = 2;
/** A workspace that others use as well; what it sums up comes from two places, and from a cache. */
const scant: Make = {
  name: 'scant',
  kind: 'workspace',
  resourceId: '/subscriptions/1/resourcegroups/shops/providers/microsoft.insights/components/scant',
  headers: { Age: '20' },
  answer: (result) => {
    const primary = (rows: unknown) => table(rows, result, 'PrimaryResult');
    if (!result.isSurvey) return JSON.stringify({ tables: [primary(result.rows)] });
    const place = (name: string) => result.columns.findIndex((column) => column.name === name);
    const [rows, ids] = [place('rows'), place('ids')];
    const halves = result.rows.flatMap((cells) => {
      if (Number(cells[rows]) < 2) return [cells];
      const one = cells.map((cell, at) => (at === rows ? 1 : at === ids ? 5 : cell));
      return [one, cells.map((cell, at) => (at === rows ? Number(cell) - 1 : at === ids ? Number(cell) - 5 : cell))];
    });
    if (result.rows.length <= FEW) return JSON.stringify({ tables: [primary(halves)] });
    const innererror = {
      code: '-2133196797',
      message: 'Query result set has exceeded the internal record count limit',
    };
    const error = { code: 'PartialError', message: 'There were some errors.', details: [{ innererror }] };
    return JSON.stringify({ tables: [primary(halves.slice(0, FEW))], error });
  },
};

/** The same moment in another zone. */
function inZone(text: string, minutes: number): string {
  const [, seconds = '', fraction = ''] = /^(.{19})(\.\d+)?Z$/.exec(text) ?? [];
  const there = new Date(Date.parse(`${seconds}Z`) + minutes * 60_000).toISOString().slice(0, 19);
  const zone = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return `${there}${fraction}+${zone}`;
}

/** Says when by the clock of where it stands. */
const zoned: Make = {
  name: 'zoned',
  kind: 'app',
  answer: (result) => {
    const rows = cellsOf(other(result), (cell, type) =>
      type === 'datetime' && cell !== null ? inZone(String(cell), 330) : cell,
    );
    return JSON.stringify({ tables: [table(rows, other(result), 'PrimaryResult')] });
  },
};

/** Names no table, spells types and numbers in its own way, and is busy every fourth time, until a date. */
const pointed: Make = {
  name: 'pointed',
  kind: 'app',
  ahead: 3_600_000,
  refuses: (_query, number) =>
    number % 4 === 3
      ? {
          status: 429,
          body: '{}',
          headers: { 'Retry-After': new Date(Date.now() + 3_600_000 + 2_000).toUTCString() },
        }
      : undefined,
  answer: (result) => {
    const rows = cellsOf(result, (cell, type) => {
      if (type === 'datetime' && cell !== null) return String(cell).replace('T', ' ').replace(/Z$/, '');
      return cell;
    });
    const spelled: Readonly<Record<string, string>> = { datetime: 'DateTime', real: 'Double', long: 'Int64' };
    const columns = result.columns.map(({ name, type }) => ({ type: spelled[type] ?? type, name, ordinal: 0 }));
    const text = JSON.stringify({ tables: [table(rows, { columns })] });
    return `\uFEFF${text.replace(/(?<=[[,])(\d)(\d+)(?=[,\]])/g, (_all, first, rest) => `${first}.${rest}E+${rest.length}`)}`;
  },
};

export const FURTHER_MAKES: readonly Make[] = [handmade, sleepy, mute, scant, zoned, pointed];
