/** A thread of createJobEngine (jobs.ts): decodes and encodes drafts as it is told. */
import { parentPort, workerData } from 'node:worker_threads';
import { createEngine } from '../engine/engine.ts';
import type { Draft, DraftFile, Secret } from '../model.ts';
import type { JobCall, JobMessage, JobReply, JobSettings } from './jobs.ts';

const { shaping, ...settings }: JobSettings = workerData;
const secretOf = (text: string): Secret => ({ reveal: () => text });
const key = shaping.key === undefined ? undefined : secretOf(shaping.key);
const engine = createEngine({ ...settings, shaping: { signals: shaping.signals, key } });
const drafts = new Map<number, Draft>();
const nothing = { read: 0, written: 0, deduplicated: 0, quarantined: 0 };

async function done(draft: number, call: JobCall): Promise<readonly DraftFile[]> {
  if (call.do === 'begin') drafts.set(draft, await engine.begin(call.window, call.work, call.revision));
  const known = drafts.get(draft);
  if (call.do === 'add') return (await known?.add(call.chunk)) ?? [];
  if (call.do === 'finish') return (await known?.finish()) ?? [];
  if (call.do === 'close') {
    drafts.delete(draft);
    await known?.close();
  }
  return [];
}

async function answer({ id, draft, call }: JobMessage): Promise<JobReply> {
  try {
    const files = await done(draft, call);
    const known = drafts.get(draft);
    const drift = (call.do === 'finish' && known?.drift) || [];
    return { id, files, counts: known?.counts ?? nothing, drift, reasons: known?.reasons ?? [] };
  } catch (error) {
    return { id, error, files: [], counts: nothing, drift: [], reasons: [] };
  }
}

// One after the other: what a draft is told must not overtake.
let last: Promise<unknown> = Promise.resolve();
parentPort?.on('message', (message: JobMessage) => {
  last = last.then(async () => send(await answer(message)));
});

function send(reply: JobReply): void {
  try {
    parentPort?.postMessage(reply);
  } catch (error) {
    // An error that holds what cannot cross over goes as its text.
    parentPort?.postMessage({ ...reply, error: new Error(String(reply.error ?? error)) });
  }
}
