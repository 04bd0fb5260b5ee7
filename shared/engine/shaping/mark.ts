import { createHash, createHmac } from 'node:crypto';
import type { Shaping, Signal } from '../../model.ts';
import { shapedColumns } from '../../signals/shape.ts';

/**
 * For the metadata of a signal's files: settings that make the same files have the same mark, another key for hashing
 * makes another. '' where nothing is shaped.
 */
export function shapeMark(signal: Signal, { signals, key }: Shaping): string {
  const shape = signals[signal];
  if (shape === undefined) return '';
  const columns = shapedColumns(signal, shape);
  const text = JSON.stringify([columns.map(({ name, type }) => [name, type]), shape]);
  const hash = columns.some(({ hashed }) => hashed) ? createHmac('sha256', key?.reveal() ?? '') : createHash('sha256');
  return hash.update(text).digest('hex').slice(0, 16);
}
