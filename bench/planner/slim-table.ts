/** As much of Table Storage as the ledger uses, in memory: entities by partition, tags, transactions, pages. */
type Entity = Readonly<Record<string, unknown>>;
export interface Stored {
  readonly entity: Entity;
  readonly etag: string;
}
export interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Entities that a page of the service holds. */
const page = 1000;
const refused = (status: number, code: string): Answer => ({
  status,
  body: JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: code } } }),
});
const RESTED = /PartitionKey='([^']*)',RowKey='([^']*)'/;
const LISTED = /PartitionKey eq '([^']*)' and RowKey ge '([^']*)' and RowKey lt '([^']*)'/;

export function slimTable() {
  const partitions = new Map<string, Map<string, Stored>>();
  let tags = 0;
  const partitionOf = (name: string): Map<string, Stored> => {
    const known = partitions.get(name) ?? new Map<string, Stored>();
    partitions.set(name, known);
    return known;
  };
  const put = (partition: string, row: string, entity: Entity): string => {
    const etag = `W/"${++tags}"`;
    partitionOf(partition).set(row, { entity, etag });
    return etag;
  };
  const told = ({ entity, etag }: Stored) => ({ ...entity, 'odata.etag': etag });

  function list(query: URLSearchParams): Answer {
    const [, partition = '', from = '', to = ''] = LISTED.exec(query.get('$filter') ?? '') ?? [];
    const first = query.get('NextRowKey') ?? from;
    const rows = [...(partitions.get(partition)?.keys() ?? [])].filter((row) => row >= first && row < to).toSorted();
    const next = rows[page];
    const held = partitionOf(partition);
    const value = rows.slice(0, page).flatMap((row) => held.get(row) ?? []);
    return {
      status: 200,
      body: JSON.stringify({ value: value.map(told) }),
      headers:
        next === undefined
          ? {}
          : { 'x-ms-continuation-nextpartitionkey': partition, 'x-ms-continuation-nextrowkey': next },
    };
  }
  /** What a change would do; nothing is done before `act`. */
  function change(method: string, path: string, match: string | undefined, body: string) {
    const entity: Entity = body === '' ? {} : JSON.parse(body);
    const [, partition = String(entity.PartitionKey), row = String(entity.RowKey)] = RESTED.exec(path) ?? [];
    const found = partitions.get(partition)?.get(row);
    if (method === 'POST' && found) return { refusal: refused(409, 'EntityAlreadyExists') };
    if (match !== undefined && found === undefined) return { refusal: refused(404, 'ResourceNotFound') };
    if (match !== undefined && match !== '*' && match !== found?.etag)
      return { refusal: refused(412, 'UpdateConditionNotSatisfied') };
    const merged = ['PATCH', 'MERGE'].includes(method) ? { ...found?.entity, ...entity } : entity;
    const act = (): string => {
      if (method !== 'DELETE') return put(partition, row, merged);
      partitions.get(partition)?.delete(row);
      return '';
    };
    return { act };
  }
  function transact(body: string): Answer {
    const parts = body.split(/--changeset_[^\r\n]*/).slice(1, -1);
    const changes = parts.map((part) => {
      const [, method = '', url = '', head = '', text = ''] =
        /(\w+) (http\S+) HTTP\/1\.1\r\n([\s\S]*?)\r\n\r\n([\s\S]*)/.exec(part) ?? [];
      return change(method, decodeURIComponent(url), /^if-match: (.*?)\r?$/im.exec(head)?.[1], text.trim());
    });
    const fault = changes.find(({ refusal }) => refusal !== undefined)?.refusal;
    const sub = (status: number, more: string) =>
      `--changesetresponse_1\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 ${status} x\r\n${more}\r\n`;
    const subs = fault
      ? [sub(fault.status, `\r\n${fault.body}`)]
      : changes.map(({ act }) => sub(204, `ETag: ${act?.() ?? ''}\r\n`));
    return {
      status: 202,
      body: `--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n${subs.join('')}--changesetresponse_1--\r\n--batchresponse_1--\r\n`,
      headers: { 'content-type': 'multipart/mixed; boundary=batchresponse_1' },
    };
  }

  return {
    partitions,
    put,
    answer: (method: string, path: string, match: string | undefined, body: string): Answer => {
      const { pathname, searchParams } = new URL(path, 'http://here');
      if (pathname.endsWith('/Tables')) return { status: 201, body: '{}' };
      if (pathname.endsWith('/$batch')) return transact(body);
      const named = decodeURIComponent(pathname);
      if (method === 'GET' && !RESTED.test(named)) return list(searchParams);
      if (method === 'GET') {
        const [, partition = '', row = ''] = RESTED.exec(named) ?? [];
        const found = partitions.get(partition)?.get(row);
        return found
          ? { status: 200, body: JSON.stringify(told(found)), headers: { etag: found.etag } }
          : refused(404, 'ResourceNotFound');
      }
      const { refusal, act } = change(method, named, match, body);
      return refusal ?? { status: 204, headers: { etag: act?.() ?? '' } };
    },
  };
}
