/**
 * What the templates make, as the Bicep compiler evaluated it: plain JSON, read by tests on machines without the
 * compiler.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bicep } from '../../infra/compiler.ts';

export const infra = join(import.meta.dirname, '..', '..', 'infra');
const folder = join(import.meta.dirname, 'snapshots');

/** One for each way to deploy: names of the parameter files. */
export const ways: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.bicepparam'))
  .map((name) => name.replace('.bicepparam', ''));

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly apiVersion: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** A parameter of a template, as the compiler describes it to Azure. */
export interface Parameter {
  readonly type: string;
  readonly items?: { readonly type: string };
  readonly additionalProperties?: { readonly type: string };
  readonly allowedValues?: readonly unknown[];
  readonly minValue?: number;
  readonly maxValue?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly nullable?: boolean;
  readonly defaultValue?: unknown;
}

export interface Template {
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly outputs: Readonly<Record<string, string>>;
}

export const parameterFileOf = (way: string): string => join(folder, `${way}.bicepparam`);
export const snapshotPath = (way: string): string => join(folder, `${way}.snapshot.json`);
export const parametersPath = join(folder, 'parameters.json');

export const resourcesOf = (way: string): readonly Resource[] =>
  JSON.parse(readFileSync(snapshotPath(way), 'utf8')).predictedResources;

/** Parameters and outputs of main.bicep and events.bicep. */
export const templateOf = (name: 'main' | 'events'): Template => JSON.parse(readFileSync(parametersPath, 'utf8'))[name];

/** The compiler gives outputs in any order. */
export async function snapshotText(way: string, bicep: Bicep): Promise<string> {
  const { outputs = {}, ...rest } = JSON.parse(await bicep.snapshot(parameterFileOf(way)));
  const names = Object.keys(outputs).sort();
  const ordered = Object.fromEntries(names.map((name) => [name, outputs[name]]));
  return `${JSON.stringify({ ...rest, outputs: ordered }, null, 2)}\n`;
}

export async function parametersText(bicep: Bicep): Promise<string> {
  const described = async (name: string) => {
    const { contents, diagnostics } = await bicep.compile(join(infra, `${name}.bicep`));
    if (contents === undefined)
      throw new Error(`${name}.bicep: ${diagnostics.map(({ message }) => message).join('; ')}`);
    return describe(JSON.parse(contents));
  };
  return `${JSON.stringify({ main: await described('main'), events: await described('events') }, null, 2)}\n`;
}

interface Compiled {
  readonly parameters: Readonly<Record<string, object>>;
  readonly outputs?: Readonly<Record<string, { readonly type: string }>>;
  readonly definitions?: Readonly<Record<string, object>>;
}

/** Types that have a name are put in where they are used; sentences for people are left out. */
function describe({ parameters, outputs = {}, definitions = {} }: Compiled): object {
  const resolved = (parameter: object): object => {
    const { $ref, metadata, ...rest } = { $ref: '', metadata: undefined, ...parameter };
    const target = definitions[$ref.replace('#/definitions/', '')];
    return target === undefined ? rest : { ...resolved(target), ...rest };
  };
  return {
    parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, resolved(value)])),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, { type }]) => [name, type])),
  };
}

/** Every file that the compiler reads. */
export const templateFiles = (): string[] =>
  [infra, folder].flatMap((place) =>
    readdirSync(place, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.bicep(param)?$/.test(name))
      .map((name) => join(place, name)),
  );
