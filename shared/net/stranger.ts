/** Who answers in place of the service: a proxy, a gateway, a page that wants a sign-in. */
import { type HttpClient, type PipelineRequest, type PipelineResponse, RestError } from '@azure/core-rest-pipeline';
import { beginningWithoutSecrets } from '../pure/known-secrets.ts';
import { repeated } from './passing.ts';

/** Troubles of a gateway, too. */
const FAILS = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/**
 * A client of Azure Storage that takes an answer only from it: it names each of its answers (`x-ms-request-id`), sends
 * nobody elsewhere, and gives what it was asked for. Without that a page with status 200 would be a file that is there,
 * or a ledger without entries. `NotTheService` is not repeated; an answer that has broken off is.
 */
export function refuseStrangers(http: HttpClient): HttpClient {
  return {
    sendRequest: async (request) => {
      const response = await http.sendRequest(request);
      const { status, headers } = response;
      if (FAILS(status)) return repeated(response);
      const isNamed = headers.has('x-ms-request-id') || headers.has('x-ms-version');
      const form = isNamed ? formOf(request, response) : 'other';
      if (form === 'as asked') return response;
      const body = response.readableStreamBody;
      if (body !== undefined && 'destroy' in body && typeof body.destroy === 'function') body.destroy();
      if (form === 'half') throw new RestError('the answer broke off', { code: 'ECONNRESET' });
      const said = wordsOf(response);
      throw new RestError(`status ${status}${said === '' ? '' : `: ${said}`}`, {
        code: 'NotTheService',
        statusCode: status,
      });
    },
  };
}

/** Of answers that are read as text: how it begins, what it must hold, how it ends. */
const FORMS: readonly (readonly [isAsked: RegExp, begins: RegExp, holds: RegExp, ends: RegExp])[] = [
  // Blobs of a container.
  [/[?&]comp=list(&|$)/, /^<\?xml|^<EnumerationResults/, /<EnumerationResults/, /<\/EnumerationResults>$/],
  // Entities of a table; one entity.
  [/(\(\)|%28%29)(\?|$)/i, /^\{/, /"value"\s*:\s*\[/, /\}$/],
  [/(\(|%28)PartitionKey(=|%3D)/i, /^\{/, /"odata\.etag"\s*:/, /\}$/],
];

/** Whether an answer of the service has what was asked for. Refusals speak for themselves. */
function formOf(request: PipelineRequest, response: PipelineResponse): 'as asked' | 'half' | 'other' {
  const { status, headers, bodyAsText, readableStreamBody } = response;
  if (status < 200 || status >= 400 || status === 304) return status < 200 ? 'other' : 'as asked';
  if (status >= 300) return 'other';
  // A file, or what there is to know of one.
  if (request.method === 'HEAD' || readableStreamBody !== undefined)
    return headers.has('etag') && headers.has('content-length') ? 'as asked' : 'other';
  const form = FORMS.find(([isAsked]) => request.method === 'GET' && isAsked.test(request.url));
  if (form === undefined) return 'as asked';
  const [, begins, holds, ends] = form;
  const text = (bodyAsText ?? '').replace(/^\uFEFF/, '').trim();
  if (!begins.test(text)) return 'other';
  if (!ends.test(text)) return 'half';
  return holds.test(text) && !leadsBack(request, response, text) ? 'as asked' : 'other';
}

/** A page that says to go on where it began itself: whoever does asks without an end. */
function leadsBack({ url }: PipelineRequest, { headers }: PipelineResponse, text: string): boolean {
  const asked = new URL(url).searchParams;
  const marker = /<NextMarker>([^<]+)<\/NextMarker>/.exec(text)?.[1];
  if (marker !== undefined && marker === asked.get('marker')) return true;
  const next = ['NextPartitionKey', 'NextRowKey'].map((name) => [
    headers.get(`x-ms-continuation-${name}`) ?? null,
    asked.get(name),
  ]);
  return next[0]?.[0] !== null && next.every(([said, was]) => said === was);
}

/** The title of a page, the message of an error, else its first words. */
function wordsOf({ bodyAsText }: PipelineResponse): string {
  const text = beginningWithoutSecrets(bodyAsText ?? '');
  const title =
    /<(?:title|h1|Message)[^>]*>([^<]*)</i.exec(text)?.[1] ??
    /"message"\s*:\s*(?:\{[^}]*"value"\s*:\s*)?"([^"\\]*)/i.exec(text)?.[1] ??
    text.replace(/<(script|style).*?<\/\1>|<[^>]*>/gis, ' ');
  return title.replace(/\s+/g, ' ').trim().slice(0, 120);
}
