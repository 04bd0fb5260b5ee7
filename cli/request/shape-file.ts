import type { SettingFault } from '../../shared/config/flat.ts';
import { fault } from '../../shared/config/places.ts';
import { sectionKeys } from '../../shared/config/schema.ts';
import { shown } from '../../shared/config/secret.ts';
import { isTooDeep, tooDeep } from '../../shared/config/values.ts';
import { type Options, textOf } from '../flags/options.ts';
import { textIn } from './text-in.ts';

export const shapeFlag = '--shape';

/** What a command takes of a settings document, and what is wrong with the file as a whole. */
export interface ShapeFile {
  readonly parts: object;
  readonly faults: readonly SettingFault[];
}

/** `quarantine` says whether unreadable lines keep their bytes; its place is no concern of the command line. */
const taken = ['shape', 'quarantine'];
const must = 'a file with the part shape of the settings document, such as {"shape": {"*": {"drop": ["client_IP"]}}}';

/**
 * The file that `--shape` names: a settings document, whole or but for its shape. What the document says of apps,
 * sources and the lake is the flags' to say; keys that no document has stay, for the schema to refuse. Without the flag
 * nothing.
 */
export function shapeFile(options: Options): ShapeFile {
  const file = textOf(options, 'shape');
  if (file === undefined) return { parts: {}, faults: [] };
  const wrong = (how: string): SettingFault => fault(shapeFlag, must, `${shown(file)}, which ${how}`);
  const document = read(file);
  if (typeof document === 'string') return { parts: {}, faults: [wrong(document)] };
  const others = (sectionKeys[''] ?? []).filter((key) => !taken.includes(key));
  const parts = Object.fromEntries(Object.entries(document).filter(([key]) => !others.includes(key)));
  return { parts, faults: 'shape' in document ? [] : [wrong('has none')] };
}

/** The document, or why there is none. */
function read(file: string): object | string {
  try {
    const value: unknown = JSON.parse(textIn(file));
    if (isTooDeep(value)) return tooDeep;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : 'holds no JSON object';
  } catch (error) {
    if (!(error instanceof SyntaxError))
      return `cannot be read (${error instanceof Error && 'code' in error ? error.code : error})`;
    return `does not parse (${error.message.replace(/\s+/g, ' ').slice(0, 120)})`;
  }
}
