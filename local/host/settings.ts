import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The parts of host.json that this host follows, with the real host's defaults (Functions 4.x, bundle 4). Times in
 * milliseconds.
 */
export interface HostSettings {
  readonly queues: {
    readonly batchSize: number;
    readonly newBatchThreshold: number;
    readonly maxDequeueCount: number;
    readonly visibilityTimeout: number;
    readonly maxPollingInterval: number;
    readonly messageEncoding: 'base64' | 'none';
  };
  readonly blobs: { readonly maxDegreeOfParallelism: number; readonly poisonBlobThreshold: number };
}

/** Reads host.json of an app's folder; a file that is not there means the defaults. */
export async function readHostSettings(folder: string): Promise<HostSettings> {
  const path = join(folder, 'host.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  return parseHostSettings(text);
}

export function parseHostSettings(text: string): HostSettings {
  const host: unknown = JSON.parse(text);
  const queues = part(part(host, 'extensions'), 'queues');
  const blobs = part(part(host, 'extensions'), 'blobs');
  const batchSize = count(queues, 'batchSize', 16);
  return {
    queues: {
      batchSize,
      newBatchThreshold: count(queues, 'newBatchThreshold', Math.floor(batchSize / 2)),
      maxDequeueCount: count(queues, 'maxDequeueCount', 5),
      visibilityTimeout: span(queues, 'visibilityTimeout', 0),
      maxPollingInterval: span(queues, 'maxPollingInterval', 60_000),
      messageEncoding: part(queues, 'messageEncoding') === 'none' ? 'none' : 'base64',
    },
    blobs: {
      maxDegreeOfParallelism: count(blobs, 'maxDegreeOfParallelism', 8),
      poisonBlobThreshold: count(blobs, 'poisonBlobThreshold', 5),
    },
  };
}

const part = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;

function count(from: unknown, name: string, preset: number): number {
  const value = part(from, name);
  return typeof value === 'number' ? value : preset;
}

/** `[d.]hh:mm:ss[.fff]`, as .NET writes a time span; -1 and '-1' mean without end. */
function span(from: unknown, name: string, preset: number): number {
  const value = part(from, name);
  if (value === -1 || value === '-1') return Number.POSITIVE_INFINITY;
  if (typeof value !== 'string') return preset;
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?$/.exec(value);
  if (match === null) throw new Error(`host.json: ${name} must be a time span like 00:00:30, and was ${value}`);
  const [days, hours, minutes, seconds, fraction] = match.slice(1).map((digits) => digits ?? '0');
  return (
    ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 +
    Number(seconds) * 1000 +
    Number((fraction ?? '0').padEnd(3, '0'))
  );
}
