import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine, engineDefaults } from '../../shared/engine/engine.ts';
import { type AllShapeSettings, shapesOf } from '../../shared/signals/shape-settings.ts';
import { parquetOutput } from './chunks.ts';

const faultsOf = (settings: AllShapeSettings): Promise<readonly string[]> =>
  createEngine({
    ...engineDefaults,
    output: parquetOutput,
    shaping: { signals: shapesOf(settings), key: undefined },
  }).conditionFaults();

test('a condition names its setting, the signal, what is wrong and where', async () => {
  assert.deepEqual(
    await faultsOf({ requests: { where: 'success and timestamp > ago(1d)' }, traces: { where: 'severityLevel' } }),
    [
      'shape.requests.where must be a KQL condition on the columns of requests: ago() says something else ' +
        'whenever it is asked; write the value out (at character 25: ago(1d)); it is "success and timestamp > ago(1d)"',
      'shape.traces.where must be a KQL condition on the columns of traces: The expression must have the type ' +
        'bool (at character 1: severityLevel); it is "severityLevel"',
    ],
  );
});

test('a condition for all signals must hold for each: what one of them lacks is named', async () => {
  assert.deepEqual(await faultsOf({ '*': { where: "user_Id != ''" } }), []);
  const faults = await faultsOf({ '*': { where: 'success' } });
  assert.equal(faults.length, 7);
  assert.match(
    faults[0] ?? '',
    /^shape\.\*\.where must be a KQL condition on the columns of exceptions: there is no column success/,
  );
});

test('promoted columns are asked about by their names; columns of the signal go first', async () => {
  const promote = [
    { from: 'customDimensions.a', as: 'tenant', type: 'long' as const },
    { from: 'customDimensions.b', as: 'name', type: 'long' as const },
  ];
  assert.deepEqual(await faultsOf({ requests: { where: "tenant > 5 and name == 'a'", promote, drop: ['name'] } }), []);
  assert.match((await faultsOf({ requests: { where: 'name > 5', promote, drop: ['name'] } })).join(), /operand types/);
});
