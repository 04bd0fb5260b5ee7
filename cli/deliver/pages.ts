import type { FileRecord, ObjectStore } from '../../shared/model.ts';
import type { RunOutcome } from '../../shared/pipeline/run.ts';
import { pageReason, pageText } from '../../shared/source/blobs/records/partial.ts';
import { countText } from '../terminal/numbers.ts';

/** What quarantine says of a window, and still does when it is not read again. */
export interface SetAside {
  /** Blobs that are one page of a list: what follows is in none of them. */
  readonly parts: readonly string[];
  /** Why lines were set aside: each reason once, the first few. */
  readonly reasons: readonly string[];
}

export const MOST_REASONS = 5;

/** A run that has just ended knows it, but for the names of pages, and where it tells the first few reasons only. */
export async function setAside({ files, reasons }: Ended, lake: Pick<ObjectStore, 'read'>): Promise<SetAside> {
  const isTold = reasons !== undefined && reasons.length < MOST_REASONS && !reasons.includes(pageReason);
  return isTold ? { parts: [], reasons } : readAside(files, lake);
}

type Ended = Pick<RunOutcome, 'files' | 'reasons'>;

/** A quarantine that is gone says nothing, and fails no window. */
async function readAside(files: readonly FileRecord[], lake: Pick<ObjectStore, 'read'>): Promise<SetAside> {
  const pages = new Set<string>();
  const reasons = new Set<string>();
  for (const { signal, rows, path } of files) {
    if (signal !== 'quarantine' || rows === 0 || path === '') continue;
    try {
      for await (const line of linesOf(lake.read(path))) {
        const { blob, reason } = JSON.parse(line) as { readonly blob: string; readonly reason: string };
        if (reason === pageReason) pages.add(blob);
        if (reasons.size < MOST_REASONS) reasons.add(reason);
      }
    } catch {}
  }
  return { parts: [...pages], reasons: [...reasons] };
}

async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** Once for all windows, the first few by name. */
export function partTexts(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const some = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
  const what = names.length === 1 ? 'file that is a part only' : 'files that are a part only';
  return [`${countText(names.length)} ${what}: ${some} (${pageText})`];
}
