/** Answers that pass by themselves, told to the libraries of Azure Storage in words that they repeat a call for. */
import type { PipelineResponse } from '@azure/core-rest-pipeline';

/** In seconds, where a refusal does not say how long: about the pauses that the libraries make of themselves. */
const PAUSE = '4';
const SAYS_HOW_LONG = ['retry-after', 'retry-after-ms', 'x-ms-retry-after-ms'];
/** What the source of a copy has said; we copy nothing. */
const OF_SOURCE = 'x-ms-copy-source-error-code';

/**
 * The service's own, or a gateway's: of blobs and queues the library repeats 500 and 503 alone, beside whatever says
 * that a source was busy; of tables 429 only where it says for how long. 501 and 505 do not pass.
 */
export function repeated(response: PipelineResponse): PipelineResponse {
  const { status, headers } = response;
  const isPassing = status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
  if (!isPassing) return response;
  headers.set(OF_SOURCE, 'ServerBusy');
  if (status === 429 && !SAYS_HOW_LONG.some((name) => headers.has(name))) headers.set('retry-after', PAUSE);
  return response;
}
