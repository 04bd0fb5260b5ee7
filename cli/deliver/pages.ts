import type { FileRecord, ObjectStore } from '../../shared/model.ts';
import { pageReason, pageText } from '../../shared/source/blobs/records/partial.ts';
import { countText } from '../terminal/numbers.ts';
import type { TaskOutcome } from './ports.ts';

/**
 * Blobs of a window that are one page of a list: what follows is in none of them. Quarantine says so, and still does
 * when the window is not read again. A quarantine that is gone says nothing, and fails no window.
 */
export async function pagesIn(files: readonly FileRecord[], lake: ObjectStore): Promise<string[]> {
  const pages = new Set<string>();
  for (const { signal, rows, path } of files) {
    if (signal !== 'quarantine' || rows === 0 || path === '') continue;
    try {
      for await (const line of linesOf(lake.read(path))) {
        if (!line.includes(pageReason)) continue;
        const { blob, reason } = JSON.parse(line) as { readonly blob: string; readonly reason: string };
        if (reason === pageReason) pages.add(blob);
      }
    } catch {}
  }
  return [...pages];
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

export const isPart = ({ parts = [] }: TaskOutcome): boolean => parts.length > 0;

/** Once for all windows, the first few by name. */
export function partTexts(outcomes: readonly TaskOutcome[]): string[] {
  const names = [...new Set(outcomes.flatMap(({ parts = [] }) => parts))].sort();
  if (names.length === 0) return [];
  const some = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
  const what = names.length === 1 ? 'file that is a part only' : 'files that are a part only';
  return [`${countText(names.length)} ${what}: ${some} (${pageText})`];
}
