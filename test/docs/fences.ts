import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

/** All pages; docs/README.md says what a page must fulfil. */
export const pages: readonly string[] = [
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];

export const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

export interface Fence {
  readonly page: string;
  /** Of its first line, from 1. */
  readonly line: number;
  /** What stands behind the backticks: sh, text, json, sql, …; '' for help texts of the command line. */
  readonly language: string;
  readonly text: string;
  /** The comment in the line above: `not run: why`, `printed by: command`, `drawing`; '' without one. */
  readonly mark: string;
}

/** The fenced blocks of a page, in order. */
export function fencesOf(page: string, text = textOf(page)): Fence[] {
  const found: Fence[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const language = /^ {0,3}```(.*)$/.exec(lines[at] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.findIndex((each, index) => index > at && /^ {0,3}```$/.test(each));
    if (end < 0) throw new Error(`${page}:${at + 1}: this block has no end`);
    const mark = /^ *<!-- (.*) -->$/.exec(lines[at - 1] ?? '')?.[1] ?? '';
    found.push({ page, line: at + 1, language, text: lines.slice(at + 1, end).join('\n'), mark });
    at = end;
  }
  return found;
}

export const allFences: readonly Fence[] = pages.flatMap((page) => fencesOf(page));
