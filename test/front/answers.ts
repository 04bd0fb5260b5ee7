/** How the services of a storage account refuse: status, code, and a body of their own kind. */
import type { OutgoingHttpHeaders } from 'node:http';

export type Service = 'blob' | 'queue' | 'table';

export interface Refusal {
  readonly status: number;
  readonly code: string;
  /** In seconds; left out: none. */
  readonly retryAfter?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

/** As Azure words it, with the lines that follow. */
const message = (code: string): string =>
  `The service says ${code}.\nRequestId:00000000-0000-0000-0000-000000000000\nTime:2026-11-26T00:00:00.0000000Z`;

/** Blob and queue answer in XML, tables in odata JSON; the answer to a HEAD has no body, only the header tells. */
export function refusalOf({ status, code, retryAfter }: Refusal, service: Service, method: string): Answer {
  const xml =
    `\uFEFF<?xml version="1.0" ` +
    `encoding="utf-8"?><Error><Code>${code}</Code><Message>${message(code)}</Message></Error>`;
  const json = JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: message(code) } } });
  const text = service === 'table' ? json : xml;
  const type = service === 'table' ? 'application/json;odata=minimalmetadata' : 'application/xml';
  const body = method === 'HEAD' || code === '' ? Buffer.alloc(0) : Buffer.from(text);
  return {
    status,
    headers: {
      'x-ms-request-id': '00000000-0000-0000-0000-000000000000',
      'x-ms-version': '2025-01-05',
      date: new Date().toUTCString(),
      // Tables say it in the body alone.
      ...(code !== '' && service !== 'table' && { 'x-ms-error-code': code }),
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...(body.length > 0 && { 'content-type': type }),
      'content-length': body.length,
    },
    body,
  };
}
