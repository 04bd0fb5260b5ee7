import { parentPort, workerData } from 'node:worker_threads';
import type { AskedCondition } from './conditions.ts';
import { parseAll } from './parse-all.ts';

/** The thread that readConditions starts: parses, answers, and is ended. */
parentPort?.postMessage(parseAll(workerData as readonly AskedCondition[]));
