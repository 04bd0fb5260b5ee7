/** Who answers in place of the service: a proxy, a gateway, a page that wants a sign-in. */
import { type HttpClient, type PipelineResponse, RestError } from '@azure/core-rest-pipeline';
import { withoutSecrets } from '../pure/known-secrets.ts';

/** Passing troubles of a gateway: the libraries repeat them. */
const PASSES = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/**
 * A client of Azure Storage that takes an answer only from it: it names each of its answers (`x-ms-request-id`).
 * Without that a page with status 200 would be a file that is there, or a listing of nothing. `NotTheService` is not
 * repeated.
 */
export function refuseStrangers(http: HttpClient): HttpClient {
  return {
    sendRequest: async (request) => {
      const response = await http.sendRequest(request);
      const { status, headers } = response;
      if (headers.has('x-ms-request-id') || headers.has('x-ms-version') || PASSES(status)) return response;
      const said = wordsOf(response);
      const body = response.readableStreamBody;
      if (body !== undefined && 'destroy' in body && typeof body.destroy === 'function') body.destroy();
      throw new RestError(`status ${status}${said === '' ? '' : `: ${said}`}`, {
        code: 'NotTheService',
        statusCode: status,
      });
    },
  };
}

/** The title of a page, else its first words. */
function wordsOf({ bodyAsText }: PipelineResponse): string {
  const text = withoutSecrets(bodyAsText ?? '');
  const title =
    /<(?:title|h1)[^>]*>([^<]*)</i.exec(text)?.[1] ?? text.replace(/<(script|style).*?<\/\1>|<[^>]*>/gis, ' ');
  return title.replace(/\s+/g, ' ').trim().slice(0, 120);
}
