/** Our HTTP client as the clients of Blob and Queue Storage want it: in the shape of an older library. */
import { createHttpHeaders, createPipelineRequest, type HttpClient } from '@azure/core-rest-pipeline';
import type { StoragePipelineOptions } from '@azure/storage-blob';

type StorageHttp = NonNullable<StoragePipelineOptions['httpClient']>;
type StorageRequest = Parameters<StorageHttp['sendRequest']>[0];
type StorageResponse = Awaited<ReturnType<StorageHttp['sendRequest']>>;

export function createStorageHttp(http: HttpClient): StorageHttp {
  return {
    sendRequest: async (asked) => {
      const { readableStreamBody, ...response } = await http.sendRequest(requestOf(asked));
      const headers = { toJson: () => response.headers.toJSON({ preserveCase: true }) };
      const answer = { ...response, request: asked, headers, ...(readableStreamBody && { readableStreamBody }) };
      return answer as unknown as StorageResponse;
    },
  };
}

function requestOf(asked: StorageRequest) {
  const { url, method, body, requestId, abortSignal, agent, onUploadProgress, streamResponseStatusCodes } = asked;
  const optional = { body, abortSignal, onUploadProgress, streamResponseStatusCodes };
  const request = createPipelineRequest({
    url,
    method,
    requestId,
    headers: createHttpHeaders(asked.headers.toJson({ preserveCase: true })),
    allowInsecureConnection: true,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  });
  // What leads through a proxy; the function above does not take it over.
  return agent === undefined ? request : Object.assign(request, { agent });
}
