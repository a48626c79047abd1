import { expect, test } from 'vitest';
import { Value } from 'typebox/value';
import { SHARED_METRICS, SHARED_METRICS_BY_ID } from './metric-registry.ts';
import { MetricDefinition } from './metrics.ts';

test.each(SHARED_METRICS.map((metric) => [metric.id, metric] as const))('metric %s follows the schema of the registry', (_id, metric) => {
  expect([...Value.Errors(MetricDefinition, metric)]).toEqual([]);
});

test('metric ids are unique and hold no dot, which is for the metrics of one model', () => {
  expect(SHARED_METRICS_BY_ID.size).toBe(SHARED_METRICS.length);
  expect(SHARED_METRICS.filter((metric) => metric.id.includes('.'))).toEqual([]);
});

test('a closed range runs upwards', () => {
  for (const {
    range: [low, high],
  } of SHARED_METRICS)
    if (low !== null && high !== null) expect(low).toBeLessThan(high);
});

test('energies and affinities are better when lower, confidences when higher', () => {
  const direction = (id: string) => SHARED_METRICS_BY_ID.get(id)?.direction;
  expect(['docking_score', 'ligand_efficiency', 'affinity', 'complex_pde', 'complex_ipde'].map(direction)).toEqual(Array(5).fill('lower'));
  expect(['affinity_probability', 'confidence_score', 'ptm', 'iptm', 'complex_plddt'].map(direction)).toEqual(Array(5).fill('higher'));
});

test('pLDDT is on 0 to 100', () => {
  expect(SHARED_METRICS_BY_ID.get('complex_plddt')?.range).toEqual([0, 100]);
  expect(SHARED_METRICS_BY_ID.get('complex_iplddt')?.range).toEqual([0, 100]);
});
