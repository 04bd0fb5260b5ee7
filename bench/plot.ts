import type { Result } from './throughput.ts';

/** Bars of how fast each thing is, JSON.parse of the same bytes being 1: an SVG of its own, light and dark. */
export function plot(results: Readonly<Record<string, readonly Result[]>>): string {
  const rows = [...(results.blobs ?? []), ...(results.answers ?? [])];
  const [left, width, height] = [290, 360, 26];
  const most = Math.max(1, ...rows.map(({ toParse }) => toParse));
  const bars = rows.map(({ text, toParse, mbPerSecond }, index) => {
    const [y, length] = [40 + index * height, (toParse / most) * width];
    const ours = text.includes('→ ') && !text.startsWith('bare') ? 'ours' : 'theirs';
    return `  <text x="${left - 8}" y="${y + 15}" text-anchor="end">${escaped(text)}</text>
  <rect class="${ours}" x="${left}" y="${y}" width="${length.toFixed(1)}" height="${height - 6}" rx="2"/>
  <text x="${(left + length + 6).toFixed(1)}" y="${y + 15}">${toParse.toFixed(2)} (${mbPerSecond} MB/s)</text>`;
  });
  const size = { width: left + width + 130, height: 56 + rows.length * height };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="Speed of transforming, JSON.parse being 1">
  <style>
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .ours { fill: #0969da } .theirs { fill: #8c959f }
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ours { fill: #4493f8 } .theirs { fill: #6e7681 } }
  </style>
  <text x="8" y="22">Records of a second of the processor, JSON.parse of the same bytes being 1</text>
${bars.join('\n')}
</svg>
`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
