import { byId, colour, fill, make, paint, table } from './dom.js';
import { bytesText, countText, spanText } from './text.js';

const percentText = (share) => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
const ratio = (part, whole) => (whole === 0 ? 0 : part / whole);

/** Name, value of a day, how it is written, value of all days. */
const charts = [
  ['Rows in the lake', ({ written }) => written, countText],
  ['Bytes in the lake', ({ bytes }) => bytes, bytesText],
  ['Late rows', ({ late }) => late, countText],
  ['Delay of a window', ({ delay, delayed }) => ratio(delay, delayed), spanText],
  ['Run time', ({ duration }) => duration, spanText],
  ['Requests in vain', ({ wasted, asked }) => ratio(wasted, asked), percentText],
];

let drawn = [];

export function showCharts({ days, total }) {
  drawn = charts.map(([name, pick, text]) => {
    const values = days.map(pick);
    const most = Math.max(...values, 0);
    const best = days[values.indexOf(most)]?.day ?? '';
    const label = `${name}: ${text(pick(total))} in all, most ${text(most)} on ${best}`;
    const canvas = make('canvas', { role: 'img', 'aria-label': label });
    const marks = make('span', { class: 'soft' }, most === 0 ? 'none' : `most ${text(most)}`);
    const figure = make(
      'figure',
      { title: label },
      make('figcaption', {}, make('span', {}, name), make('b', {}, text(pick(total)))),
      canvas,
      marks,
    );
    return { canvas, figure, values, most };
  });
  fill('figures', ...drawn.map(({ figure }) => figure));
  const head = ['Day', ...charts.map(([name]) => name), 'Windows', 'Requests', 'Quarantined'];
  const rows = days.map((day) => [
    day.day,
    ...charts.map(([, pick, text]) => text(pick(day))),
    countText(Object.values(day.windows).reduce((sum, count) => sum + count, 0)),
    countText(day.asked),
    countText(day.quarantined),
  ]);
  byId('day-table').replaceChildren(...table(head, rows.reverse()).children);
  redrawCharts();
}

export function redrawCharts() {
  const bar = colour('bar');
  const line = colour('line');
  for (const { canvas, values, most } of drawn)
    paint(canvas, (context, width, height) => {
      context.fillStyle = line;
      context.fillRect(0, height - 1, width, 1);
      context.fillStyle = bar;
      const step = width / Math.max(1, values.length);
      for (const [n, value] of values.entries()) {
        if (value === 0) continue;
        const tall = Math.max(2, (value / most) * (height - 4));
        context.fillRect(n * step, height - tall, Math.max(1, step - (step > 4 ? 1.5 : 0)), tall);
      }
    });
}
