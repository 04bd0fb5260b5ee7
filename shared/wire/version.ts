import { existsSync, readFileSync } from 'node:fs';

/** Version of the product. package.json lies two folders up in a checkout, three in dist/. */
export function productVersion(): string {
  const found = ['../../package.json', '../../../package.json']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url));
  const { version }: { version?: string } = JSON.parse(found ? readFileSync(found, 'utf8') : '{}');
  return version ?? 'unknown';
}
