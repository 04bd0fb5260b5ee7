import { shown } from '../../shared/config/secret.ts';
import { usage } from '../failure.ts';
import { type Options, textOf } from '../flags/options.ts';
import type { Request } from './ports.ts';
import type { Tasks } from './tasks.ts';

/** What a job takes at most beside the process itself, ordinary records given (bench/bounds.ts). */
export const JOB_BYTES = 250 * 1024 * 1024;
const MOST = 64;

/** Cores, as far as half of the memory has room for a job on each. */
export const machineJobs = (cores: number, memory: number): number =>
  Math.max(1, Math.min(cores, MOST, Math.floor(memory / 2 / JOB_BYTES)));

/** The jobs that are asked for, else those of the machine. */
export function jobsOf(options: Options, machine: number): number {
  const text = textOf(options, 'jobs');
  if (text === undefined) return machine;
  const jobs = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (jobs < 1 || jobs > MOST)
    throw usage(`${options.command}: --jobs must be a whole number from 1 to ${MOST}; it is ${shown(text)}`);
  return jobs;
}

/** Bytes of export blobs that are worth a thread: starting it costs the time of some of them. */
const WORTH = 8 * 1024 * 1024;

/** No more threads than windows, or than the bytes of files are worth. */
export function worthwhile(
  jobs: number,
  { command }: Pick<Request, 'command'>,
  tasks: Pick<Tasks, 'count' | 'weight'>,
): number {
  const bytes = command === 'transform' ? tasks.weight : Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(jobs, tasks.count, Math.ceil(bytes / WORTH)));
}

/**
 * Windows under way at once: an export waits for answers, of which the API gives five at a time to one identity. Else
 * one more than there are threads, so that it can begin when another is decoded, while the files of that are put.
 */
export const windowsAtOnce = (command: Request['command'], jobs: number): number => {
  if (command === 'export') return Math.max(3, jobs);
  return jobs > 1 ? jobs + 1 : 1;
};
