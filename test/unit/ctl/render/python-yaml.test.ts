import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../../../src/config/yaml-text.ts';
import { pythonJson } from '../../../../src/ctl/render/python-json.ts';
import { pythonYaml } from '../../../../src/ctl/render/python-yaml.ts';
import { parseJson } from '../../../../src/wire/json-text.ts';

interface Case {
  data: string;
  json: string;
  block: string;
  flow: string;
}
// What Python's json and PyYAML print (scripts/capture-fixtures.ts).
const corpus = JSON.parse(
  readFileSync(new URL('../../../fixtures/python-text.json', import.meta.url), 'utf8'),
) as Case[];

describe('pythonYaml', () => {
  it('prints what PyYAML prints, for every case of the corpus', () => {
    expect(corpus.length).toBeGreaterThan(300);
    for (const { data, block, flow } of corpus) {
      expect(pythonYaml(parseJson(data)), data).toBe(block);
      expect(pythonYaml(parseJson(data), { flow: true }), data).toBe(flow);
    }
  });

  it('prints text that reads as the same text', () => {
    // Read as PyYAML reads: for the yaml package's own YAML 1.1 `n` would be false.
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, (value) => {
        expect(parseYaml(pythonYaml({ value }), { source: 'test' })).toEqual({ value });
      }),
    );
  });

  it('leaves out what is undefined', () => {
    expect(pythonYaml({ b: undefined, a: 1 })).toBe('a: 1\n');
  });
});

describe('pythonJson', () => {
  it('prints what json.dumps prints, for every case of the corpus', () => {
    for (const { data, json } of corpus) expect(pythonJson(parseJson(data))).toBe(json);
  });
});
