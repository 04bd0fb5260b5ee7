/** Elements are made, never markup: nothing that a service says is ever read as HTML. */

export const byId = (id) => document.getElementById(id);

/** `make('p', { class: 'soft' }, 'text', element)`; properties that begin with `on` are listeners. */
export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== ''));
  return element;
}

export const fill = (id, ...children) => byId(id).replaceChildren(...children);

export function table(head, rows, words = 1) {
  const kind = (at) => (at < words ? { class: 'text' } : {});
  return make(
    'table',
    {},
    make('thead', {}, make('tr', {}, ...head.map((text, at) => make('th', { scope: 'col', ...kind(at) }, text)))),
    make('tbody', {}, ...rows.map((row) => make('tr', {}, ...row.map((cell, at) => make('td', kind(at), cell))))),
  );
}

/** Names and values, one in another. */
export function list(value) {
  const shown = (one) => {
    if (Array.isArray(one) && one.every((each) => typeof each !== 'object'))
      return one.length === 0 ? 'none' : one.join(', ');
    return typeof one === 'object' && one !== null ? list(one) : String(one);
  };
  return make(
    'dl',
    {},
    ...Object.entries(value).flatMap(([name, one]) => [make('dt', {}, name), make('dd', {}, shown(one))]),
  );
}

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A canvas as sharp as the screen: `draw(context, width, height)` in CSS pixels. */
export function paint(canvas, draw) {
  const { width, height } = canvas.getBoundingClientRect();
  const scale = window.devicePixelRatio || 1;
  if (width === 0) return;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  context.scale(scale, scale);
  draw(context, width, height);
}

export function tip(text, x, y) {
  const element = byId('tip');
  element.hidden = text === '';
  if (text === '') return;
  element.textContent = text;
  const { width, height } = element.getBoundingClientRect();
  element.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - width - 4))}px`;
  element.style.top = `${y + 18 + height > innerHeight ? y - height - 10 : y + 18}px`;
}
