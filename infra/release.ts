import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startBicep } from './compiler.ts';
import { released } from './runs.ts';
import type { ZipEntry } from './zip.ts';

/** Paths of all files below a folder, with slashes. */
export function filesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => statSync(join(folder, name)).isFile()).map((name) => name.replaceAll('\\', '/'));
}

export const entriesOf = (folder: string, names: readonly string[]): ZipEntry[] =>
  names.map((name) => ({ name, content: readFileSync(join(folder, name)) }));

/** The templates as Azure's portal takes them, which knows no Bicep. */
async function compiledTemplates(root: string, compiler: string): Promise<ZipEntry[]> {
  const bicep = await startBicep(compiler);
  try {
    const names = ['main', 'events'] as const;
    return await Promise.all(
      names.map(async (name) => {
        const { contents, diagnostics } = await bicep.compile(join(root, 'infra', `${name}.bicep`));
        const faults = diagnostics.map(({ message }) => message).join('; ');
        if (contents === undefined) throw new Error(`package: infra/${name}.bicep does not compile: ${faults}`);
        return { name: `infra/${name}.json`, content: Buffer.from(contents) };
      }),
    );
  } finally {
    bicep.close();
  }
}

/**
 * What a release holds beside the package: files of the checkout, and the templates compiled. Throws when one does not
 * compile.
 */
export async function releaseEntries(root: string, compiler: string): Promise<ZipEntry[]> {
  const below = (folder: string) => filesIn(join(root, folder)).map((name) => `${folder}/${name}`);
  const files = [...readdirSync(root), ...below('docs'), ...below('infra')].filter(released);
  return [...entriesOf(root, files), ...(await compiledTemplates(root, compiler))];
}
