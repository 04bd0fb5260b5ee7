import { byId, colour, fill, make, paint, tip } from './dom.js';
import { cellsOf, cellText, spanText, timeText } from './text.js';

/** Each kind has a colour and a sign of its own, so that it can be told without colour. */
const kinds = {
  d: ['done', 'plain'],
  a: ['again', 'plain'],
  r: ['running', 'dots'],
  q: ['queued', 'empty'],
  l: ['late', 'stripes'],
  f: ['failed', 'cross'],
  u: ['gone', 'lines'],
  x: ['gone', 'dash'],
  n: ['failed', 'frame'],
};
const order = ['d', 'a', 'q', 'r', 'x', 'u', 'l', 'n', 'f'];
const stateSigns = { complete: '✓', late: '◷', failed: '✕', stopped: '–', empty: '·' };

/** One kind in a rectangle. */
function shape(context, [name, sign], x, y, width, height, colours) {
  const main = colours[name];
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.fillStyle = main;
  context.strokeStyle = main;
  context.lineWidth = 1.5;
  if (sign !== 'frame' && sign !== 'empty' && sign !== 'dash') context.fillRect(x, y, width, height);
  if (sign === 'dash') context.fillRect(x, y + height / 2 - 1, width, 2);
  if (sign === 'empty' || sign === 'frame') {
    context.setLineDash(sign === 'frame' ? [3, 3] : []);
    context.strokeRect(x + 0.75, y + 0.75, width - 1.5, height - 1.5);
  }
  context.strokeStyle = colours.card;
  context.fillStyle = colours.card;
  const diagonal = (step, back) => {
    for (let at = -height; at < width + height; at += step) {
      context.beginPath();
      context.moveTo(x + at, y + (back ? 0 : height));
      context.lineTo(x + at + height, y + (back ? height : 0));
      context.stroke();
    }
  };
  if (sign === 'stripes' || sign === 'cross') diagonal(6, false);
  if (sign === 'cross') diagonal(6, true);
  if (sign === 'dots')
    for (let at = 3; at < width; at += 6)
      for (let down = 3; down < height; down += 6) context.fillRect(x + at, y + down, 2, 2);
  if (sign === 'lines') for (let down = 3; down < height; down += 5) context.fillRect(x, y + down, width, 1.5);
  context.restore();
}

const palette = () =>
  Object.fromEntries(
    [...Object.values(kinds).map(([name]) => name), 'card', 'line'].map((name) => [name, colour(name)]),
  );

/** Cells beside each other; one of several kinds is parted by height, the worst at the bottom, never too thin to see. */
function drawStrip(context, width, height, cells, colours) {
  const step = width / cells.length;
  const gap = step > 5 ? 1 : 0;
  context.fillStyle = colours.line;
  context.globalAlpha = 0.45;
  context.fillRect(0, height - 1, width, 1);
  context.globalAlpha = 1;
  for (let n = 0; n < cells.length; n++) {
    const x = n * step;
    const parts = [...cells[n]].sort((one, other) => order.indexOf(other[0]) - order.indexOf(one[0]));
    let bottom = height;
    for (const [letter, share] of parts) {
      const tall = Math.min(bottom, Math.max('fln'.includes(letter) ? 8 : 1, share * height));
      shape(context, kinds[letter], x, bottom - tall, Math.max(1, step - gap), tall, colours);
      bottom -= tall;
    }
  }
}

export function showLegend(letters) {
  const items = Object.entries(letters).map(([letter, text]) =>
    make('li', {}, make('canvas', { 'data-letter': letter, 'aria-hidden': 'true' }), text),
  );
  fill('legend', ...items);
}

let shown;

/** `open(feed, at)` shows the window of that moment. */
export function showStrips(status, open) {
  const from = Date.parse(status.range.from);
  const to = Date.parse(status.range.to);
  shown = { status, from, to, strips: [] };
  byId('strips-help').textContent =
    `A cell is ${spanText(status.range.grain)}. Click one, or move with the arrow keys and press Enter, for its window.`;
  const groups = Map.groupBy(status.feeds, ({ app }) => app);
  fill(
    'feeds',
    ...[...groups].map(([app, feeds]) =>
      make(
        'div',
        { class: 'app' },
        make('h3', {}, app, make('span', { class: 'soft' }, summary(feeds))),
        ...feeds.map((feed) => feedRow(feed, open)),
      ),
    ),
  );
  if (status.feeds.length === 0) fill('feeds', make('p', { class: 'soft' }, 'No feeds yet.'));
  const [first] = document.querySelectorAll('.strip');
  if (first !== undefined) enterHere(first);
  redrawStrips();
}

const summary = (feeds) => {
  const bad = ['failed', 'late', 'stopped'].map((state) => [
    state,
    feeds.filter((feed) => feed.state === state).length,
  ]);
  const words = bad.filter(([, count]) => count > 0).map(([state, count]) => `${count} ${state}`);
  return words.length === 0 ? `${feeds.length} complete` : words.join(', ');
};

function feedRow(feed, open) {
  const { status } = shown;
  const cells = cellsOf(feed.cells);
  const canvas = make('canvas', { 'aria-hidden': 'true' });
  const cursor = make('span', { class: 'cursor' });
  const name = `${feed.app} ${feed.signal}`;
  const strip = make(
    'div',
    {
      ...{
        class: 'strip',
        role: 'slider',
        tabindex: '-1',
        'aria-label': `${name}, ${feed.state}`,
        'aria-valuemin': '0',
      },
      'aria-valuemax': String(Math.max(0, cells.length - 1)),
    },
    canvas,
    cursor,
  );
  let at = lastKnown(cells);
  const startOf = (n) => shown.from + n * status.range.grain;
  const textOf = (n) =>
    `${timeText(new Date(startOf(n)).toISOString())} UTC\n${cellText(cells[n] ?? [], status.letters)}${rowsText(feed, startOf(n), status)}`;
  const move = (n) => {
    at = Math.max(0, Math.min(cells.length - 1, n));
    strip.setAttribute('aria-valuenow', String(at));
    strip.setAttribute('aria-valuetext', textOf(at).replace('\n', ', '));
    const share = 100 / cells.length;
    cursor.style.left = `${at * share}%`;
    cursor.style.width = `max(4px, ${share}%)`;
  };
  const pick = (n) => {
    move(n);
    open(feed, worstMoment(feed, cells[n] ?? [], startOf(n), status.range.grain));
  };
  const hit = (event) => {
    const box = strip.getBoundingClientRect();
    return Math.max(0, Math.min(cells.length - 1, Math.floor(((event.clientX - box.left) / box.width) * cells.length)));
  };
  const keys = {
    ArrowLeft: () => move(at - 1),
    ArrowRight: () => move(at + 1),
    PageUp: () => move(at - 7),
    PageDown: () => move(at + 7),
    Home: () => move(0),
    End: () => move(cells.length - 1),
    ArrowUp: () => neighbour(strip, -1),
    ArrowDown: () => neighbour(strip, 1),
    Enter: () => pick(at),
    ' ': () => pick(at),
  };
  strip.addEventListener('keydown', (event) => {
    if (keys[event.key] === undefined) return;
    event.preventDefault();
    keys[event.key]();
    const box = cursor.getBoundingClientRect();
    if (event.key !== 'Enter' && event.key !== ' ') tip(textOf(at), box.left, box.bottom);
  });
  strip.addEventListener('focus', () => enterHere(strip));
  strip.addEventListener('blur', () => tip(''));
  strip.addEventListener('mousemove', (event) => tip(textOf(hit(event)), event.clientX, event.clientY));
  strip.addEventListener('mouseleave', () => tip(''));
  strip.addEventListener('click', (event) => pick(hit(event)));
  move(at);
  shown.strips.push({ canvas, cells });
  return make(
    'div',
    { class: 'feed' },
    make(
      'div',
      { class: 'name' },
      make(
        'span',
        { class: 'sign', 'data-state': feed.state, role: 'img', 'aria-label': feed.state },
        stateSigns[feed.state],
      ),
      make('b', { title: name }, feed.signal),
    ),
    strip,
    make('div', { class: 'reach' }, ...reachParts(feed, status)),
  );
}

/** The last cell in which something is. */
function lastKnown(cells) {
  for (let n = cells.length - 1; n > 0; n--) if (cells[n].length > 0) return n;
  return 0;
}

/** Where a failure is known by time, and lies in the cell, that; else the cell's begin. */
function worstMoment(feed, parts, start, grain) {
  const failed = Date.parse(feed.failure?.from ?? '');
  if (parts.some(([letter]) => letter === 'f') && failed >= start && failed < start + grain) return failed;
  return start;
}

function rowsText(feed, start, { range }) {
  if (range.grain !== 86400000) return '';
  const rows = feed.rows.split(' ')[Math.floor((start - Date.parse(range.from)) / 86400000)];
  return rows ? `\n${Number(rows).toLocaleString('en-US')} rows` : '';
}

/** Where there is little room, how far behind it is says more than until when it is complete. */
function reachParts(feed, status) {
  if (feed.state === 'stopped') return ['not in the settings'];
  if (feed.watermark === null) return [feed.source];
  const behind = Date.parse(status.at) - Date.parse(feed.watermark);
  const until = make('span', { class: 'until' }, `until ${timeText(feed.watermark).slice(5)} · `);
  return [until, spanText(Math.max(0, behind))];
}

/** The strips are one stop of the Tab key, whatever their number; the arrows go from one to the next. */
function enterHere(strip) {
  for (const other of document.querySelectorAll('.strip')) other.tabIndex = other === strip ? 0 : -1;
}

function neighbour(strip, by) {
  const all = [...document.querySelectorAll('.strip')];
  all[all.indexOf(strip) + by]?.focus();
}

export function redrawStrips() {
  if (shown === undefined) return;
  const colours = palette();
  for (const { canvas, cells } of shown.strips)
    paint(canvas, (context, width, height) => drawStrip(context, width, height, cells, colours));
  for (const canvas of document.querySelectorAll('#legend canvas'))
    paint(canvas, (context, width, height) =>
      shape(context, kinds[canvas.dataset.letter], 0, 0, width, height, colours),
    );
  paint(byId('axis'), drawAxis);
}

function drawAxis(context, width, height) {
  const { from, to } = shown;
  const day = 86400000;
  const steps = [day / 24, day / 8, day / 4, day, 2 * day, 7 * day, 14 * day, 28 * day];
  const size = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.78;
  const step = steps.find((each) => ((to - from) / each) * size * 6 < width) ?? 28 * day;
  context.fillStyle = colour('soft');
  context.font = `${size}px system-ui, sans-serif`;
  for (let at = Math.ceil(from / step) * step; at < to; at += step) {
    const x = ((at - from) / (to - from)) * width;
    const iso = new Date(at).toISOString();
    const text = at % day === 0 ? iso.slice(5, 10) : iso.slice(11, 16);
    context.fillRect(x, height - 4, 1, 4);
    if (x + size * 2.8 < width) context.fillText(text, x + 2, height - 6);
  }
}
