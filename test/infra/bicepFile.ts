/** Reads Bicep files for tests, with the grammar of tree-sitter: the compiler is not on every machine. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { Language, type Node, Parser } from 'web-tree-sitter';

export interface Parameter {
  readonly type: string;
  /** Text of the default value; undefined: the parameter must be given. */
  readonly value: string | undefined;
  /** Texts of the decorators, `description('…')` among them. */
  readonly decorators: readonly string[];
}

export interface ModuleUse {
  readonly name: string;
  /** Path of the module's file from infra/. */
  readonly file: string;
  readonly given: readonly string[];
}

export interface ResourceUse {
  readonly type: string;
  readonly version: string;
  readonly existing: boolean;
  readonly text: string;
}

export interface BicepFile {
  /** Path from infra/, with slashes. */
  readonly file: string;
  readonly text: string;
  /** `file:line: text` of what the grammar refuses. */
  readonly faults: readonly string[];
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly outputs: readonly string[];
  readonly modules: readonly ModuleUse[];
  readonly resources: readonly ResourceUse[];
}

export const infra = join(import.meta.dirname, '..', '..', 'infra');

await Parser.init();
const grammar = createRequire(import.meta.url).resolve('tree-sitter-bicep/tree-sitter-bicep.wasm');
const parser = new Parser();
parser.setLanguage(await Language.load(grammar));

const inner = (node: Node): Node[] => node.namedChildren.filter((child) => child.type !== 'comment');
const first = (node: Node): Node | undefined => inner(node)[0];
const unquoted = (text: string): string => text.replace(/^'|'$/g, '');

export function bicepFile(file: string): BicepFile {
  const text = readFileSync(join(infra, file), 'utf8');
  const root = rootOf(text);
  const found = {
    parameters: new Map<string, Parameter>(),
    outputs: [] as string[],
    modules: [] as ModuleUse[],
    resources: [] as ResourceUse[],
  };
  collect(root, file, found);
  return { file, text, faults: syntaxFaults(file, root), ...found };
}

/** Names and values of an ARM parameter file. Throws when the file is not exactly that. */
export function parameterFile(file: string): ReadonlyMap<string, unknown> {
  const { $schema, contentVersion, parameters, ...more } = JSON.parse(readFileSync(join(infra, file), 'utf8'));
  const head = { $schema, contentVersion, ...more };
  const proper = {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#',
    contentVersion: '1.0.0.0',
  };
  assert.deepEqual(head, proper, file);
  return new Map(
    Object.entries<object>(parameters).map(([name, entry]) => {
      assert.deepEqual(Object.keys(entry), ['value'], `${file}: ${name}`);
      return [name, Object.values(entry)[0]];
    }),
  );
}

export function filesEnding(end: string): string[] {
  const names = readdirSync(infra, { recursive: true, encoding: 'utf8' });
  return names.map((name) => name.replaceAll('\\', '/')).filter((name) => name.endsWith(end));
}

export function syntaxFaultsOf(text: string): readonly string[] {
  return syntaxFaults('text', rootOf(text));
}

function rootOf(text: string): Node {
  const tree = parser.parse(text);
  if (!tree) throw new Error('tree-sitter returned no tree');
  return tree.rootNode;
}

function syntaxFaults(file: string, node: Node): string[] {
  if (node.isError || node.isMissing) return [`${file}:${node.startPosition.row + 1}: ${node.text.slice(0, 60)}`];
  return node.children.flatMap((child) => syntaxFaults(file, child));
}

interface Found {
  readonly parameters: Map<string, Parameter>;
  readonly outputs: string[];
  readonly modules: ModuleUse[];
  readonly resources: ResourceUse[];
}

function collect(root: Node, file: string, found: Found): void {
  let decorators: readonly string[] = [];
  for (const node of inner(root)) {
    if (node.type === 'decorators') {
      decorators = inner(node).map((decorator) => decorator.text.replace(/^@/, ''));
      continue;
    }
    const [name, what, value] = inner(node).map((child) => child.text);
    if (node.type === 'parameter_declaration')
      found.parameters.set(name ?? '', { type: what ?? '', value, decorators });
    if (node.type === 'output_declaration') found.outputs.push(name ?? '');
    if (node.type === 'module_declaration') {
      const target = relative(infra, join(infra, dirname(file), unquoted(what ?? ''))).replaceAll('\\', '/');
      found.modules.push({ name: name ?? '', file: target, given: keysOf(node, 'params') });
    }
    if (node.type === 'resource_declaration') {
      const [type = '', version = ''] = unquoted(what ?? '').split('@');
      found.resources.push({
        type,
        version,
        existing: /^resource \w+ '[^']+' existing/.test(node.text),
        text: node.text,
      });
    }
    decorators = [];
  }
}

/** Names of the properties of the object that stands under `property` in a declaration's body. */
function keysOf(declaration: Node, property: string): string[] {
  const body = bodyOf(declaration);
  const entry =
    body && inner(body).find((child) => child.type === 'object_property' && first(child)?.text === property);
  const object = entry && inner(entry).at(-1);
  return object ? inner(object).flatMap((child) => first(child)?.text ?? []) : [];
}

function bodyOf(node: Node): Node | undefined {
  const last = inner(node).at(-1);
  return last && (last.type === 'if_statement' || last.type === 'for_statement') ? bodyOf(last) : last;
}
