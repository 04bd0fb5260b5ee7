/** `npm run docs` writes into the pages what the code knows. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliPage } from './cli-page.ts';
import { metricsPage } from './metrics-page.ts';
import { operationsPage } from './operations-page.ts';
import { settingsPage } from './settings-page.ts';

const docs = join(import.meta.dirname, '../../docs');

/** The pages that hold something generated, and what makes each of them anew from its text. */
export const generated: Readonly<Record<string, (text: string) => string>> = {
  'cli.md': cliPage,
  'metrics.md': metricsPage,
  'operations.md': operationsPage,
  'settings.md': settingsPage,
};

if (process.argv[1] === import.meta.filename)
  for (const [name, page] of Object.entries(generated))
    writeFileSync(join(docs, name), page(readFileSync(join(docs, name), 'utf8')));
