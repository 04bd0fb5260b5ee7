/** What the functions are given: messages of windows, blobs of exports. */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Three weeks ago: audits look at all of it. */
export const START = Math.floor(Date.now() / DAY) * DAY - 21 * DAY;

/** The message that hints a window of an hour. */
export const message = (hour: number, signal = 'requests'): string =>
  JSON.stringify({
    app: 'shop',
    signal,
    source: 'query',
    start: new Date(START + hour * HOUR).toISOString(),
    end: new Date(START + (hour + 1) * HOUR).toISOString(),
  });

/** What names a blob to a trigger. */
export const reference = (container: string, blob: string): Buffer =>
  Buffer.from(JSON.stringify({ Connection: 'AzureWebJobsStorage', ContainerName: container, BlobName: blob }));

/** One of one record, of an app of its own. */
export function exportBlob(hour: number, n: number) {
  const at = new Date(START + hour * HOUR).toISOString();
  const [date = '', time = ''] = at.split('T');
  const id = `event-${hour}-${n}`;
  const record = {
    request: [{ id, name: 'GET /', url: 'https://shop.test/', responseCode: 200, success: true }],
    internal: { data: { id } },
    context: { data: { eventTime: at } },
  };
  const folder = `other_2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e/Requests/${date}/${time.slice(0, 2)}`;
  const name = `${folder}/${id}_${date.replaceAll('-', '')}_${time.slice(0, 2)}0000.blob`;
  return { name, text: `${JSON.stringify(record)}\n`, id };
}
