import type { Result } from './throughput.ts';

const [LEFT, WIDTH, HEIGHT, TOP] = [340, 360, 24, 40];
const STYLE = `<style>
    text { font: 13px system-ui, sans-serif; fill: #24292f } .head { font-weight: 600 }
    .ours { fill: #0969da } .theirs { fill: #8c959f } .least { stroke: #cf222e; stroke-width: 2 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .ours { fill: #4493f8 } .theirs { fill: #6e7681 } .least { stroke: #ff7b72 }
    }
  </style>`;

const HEADS: Readonly<Record<string, string>> = {
  blobs: 'Requests of Continuous Export, JSON.parse of every line being 1',
  answers: 'An answer of the query API, JSON.parse of the whole being 1',
  pairs: 'Signals and layouts → Parquet, JSON.parse of their lines being 1',
};

/**
 * Bars of how fast each thing is, JSON.parse of the same bytes being 1, with a mark where it must at least be: an SVG of
 * its own, light and dark.
 */
export function plot(results: Readonly<Record<string, readonly Result[]>>): string {
  const parts = Object.entries(results).filter(([, rows]) => rows.length > 0);
  const most = Math.max(1, ...parts.flatMap(([, rows]) => rows.map(({ toParse }) => toParse)));
  let y = TOP;
  const drawn = parts.flatMap(([name, rows]) => {
    const head = `  <text class="head" x="8" y="${y}">${HEADS[name] ?? name}</text>`;
    const bars = rows.map((row, index) => bar(row, y + 12 + index * HEIGHT, WIDTH / most));
    y += 12 + rows.length * HEIGHT + TOP;
    return [head, ...bars];
  });
  const size = { width: LEFT + WIDTH + 130, height: y - TOP + 8 };
  const label = 'Speed of making lake files, JSON.parse being 1';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}"
  height="${size.height}" role="img" aria-label="${label}">
  ${STYLE}
${drawn.join('\n')}
</svg>
`;
}

function bar({ text, toParse, mbPerSecond, atLeast }: Result, y: number, unit: number): string {
  const length = toParse * unit;
  const ours = !text.startsWith('bare') && /→ |, /.test(text) && !text.startsWith('JavaScript');
  const mark = LEFT + (atLeast ?? 0) * unit;
  const least =
    atLeast === undefined
      ? ''
      : `\n  <line class="least" x1="${mark.toFixed(1)}" x2="${mark.toFixed(1)}" y1="${y - 1}" y2="${y + HEIGHT - 5}"/>`;
  const end = Math.max(length, atLeast === undefined ? 0 : atLeast * unit);
  return `  <text x="${LEFT - 8}" y="${y + 14}" text-anchor="end">${escaped(text)}</text>
  <rect class="${ours ? 'ours' : 'theirs'}" x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${HEIGHT - 6}" rx="2"/>
  <text x="${(LEFT + end + 6).toFixed(1)}" y="${y + 14}">${toParse.toFixed(2)} (${mbPerSecond} MB/s)</text>${least}`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
