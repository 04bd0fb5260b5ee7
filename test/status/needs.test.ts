import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthReport } from '../../shared/model.ts';
import { needsOf } from '../../shared/status/needs.ts';
import { hour, NOW } from './world.ts';

test('only what paused by itself resumes by itself, and so it is said', () => {
  const advice = (state: HealthReport['state'], by: HealthReport['by']) => {
    const since = { state, by, since: NOW - hour, reason: 'restore', probes: 0, probeAfter: 0 };
    const health = { ...since, commits: 0, succeeded: 0, disabledAt: 0 };
    return needsOf([], { now: NOW, health, fault: '' })[0]?.advice ?? '';
  };
  assert.match(advice('paused', 'itself'), /resumes by itself/);
  assert.match(advice('paused', 'hand'), /until it is resumed by hand/);
  assert.match(advice('disabled', 'itself'), /until it is resumed by hand/);
  assert.equal(advice('active', 'itself'), '');
});
