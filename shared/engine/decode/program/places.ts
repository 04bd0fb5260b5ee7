import type { AnswerColumn } from '../../../model.ts';
import type { Column } from '../../../signals/column.ts';

/**
 * Where in a query answer each column stands: under its own name, else under that of the workspace; exactly so spelled,
 * else in any case where no other column is spelled like that.
 */
export function placesOf(columns: readonly Column[], answer: readonly AnswerColumn[]): readonly (readonly number[])[] {
  const find = ({ name, workspace }: Column, matches: (answered: string, wanted: string, place: number) => boolean) =>
    [name, ...workspace]
      .map((wanted) => answer.findIndex((answered, place) => matches(answered.name, wanted, place)))
      .filter((place) => place >= 0)
      .slice(0, 1);
  const exact = columns.map((column) => find(column, (answered, wanted) => answered === wanted));
  const taken = new Set(exact.flat());
  const loose = (column: Column) =>
    find(column, (answered, wanted, place) => !taken.has(place) && answered.toLowerCase() === wanted.toLowerCase());
  return exact.map((places, index) => (places.length > 0 ? places : columns.slice(index, index + 1).flatMap(loose)));
}
