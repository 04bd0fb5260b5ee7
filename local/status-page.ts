/**
 * Puts the status page together: `npm run page` writes shared/status/page.generated.ts. One HTML text with its style
 * and script in it, and the policy that lets exactly these run.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApi } from './openapi.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'shared/status/page');
/** In an order in which each finds what it uses. */
const scripts = ['text.js', 'dom.js', 'strips.js', 'charts.js', 'parts.js', 'dialogs.js', 'main.js'];

const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** Modules become one script: what they import stands before them. */
export function pageScript(): string {
  const bare = (text: string) =>
    text.replace(/^import [^;]*;\n/gm, '').replace(/^export (?=const|let|function|async)/gm, '');
  return `(() => {\n'use strict';\n${scripts.map((name) => bare(read(name))).join('\n')}})();`;
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export function pageModule(): string {
  const [style, script] = [read('page.css'), pageScript()];
  const html = read('page.html')
    .replace('/*style*/', () => style)
    .replace('/*script*/', () => script);
  const csp = [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(script)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return `/** Made by \`npm run page\` of shared/status/page. */
export const csp = ${JSON.stringify(csp)};
export const html = ${JSON.stringify(html)};
`;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(root, 'shared/status/page.generated.ts'), pageModule());
  writeFileSync(join(root, 'docs/status-api.openapi.json'), `${JSON.stringify(openApi(), null, 1)}\n`);
}
