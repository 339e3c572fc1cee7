import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decisionsText } from '../../scripts/docs/decisions-text.ts';
import { documents } from '../../scripts/docs/documents.ts';
import { ELSEWHERE, HA_METHODS, HA_NOTES } from '../../scripts/docs/patroni-functions.ts';
import { unexplainedMethods } from '../../scripts/docs/patroni-map-text.ts';
import { ruleSources } from '../../scripts/docs/rule-source.ts';
import { RULES } from '../../src/ha/decide.ts';
import type { Rule } from '../../src/ha/plan.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('documents made from the rules', () => {
  it.each([...documents()])('%s is as fresh as the rules (else: npm run docs)', (path, text) => {
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text);
  });

  it('every rule is found in the source, once, and no rule there is left out', () => {
    const names = RULES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect([...ruleSources(ROOT).keys()].sort()).toEqual([...names].sort());
  });

  it('a rule is shown with its reason, what it may do, and where it stands', () => {
    const rule: Rule = {
      name: 'race.example',
      phase: 'race',
      why: 'a | b',
      mirrors: ['recover'],
      plan: () => undefined,
    };
    const source = { file: 'src/ha/x.ts', line: 7, outcomes: ['ask: poll', 'promote'] };
    const text = decisionsText([rule], new Map([['race.example', source]]));
    expect(text).toContain(
      '| 1 | `race.example` | a \\| b | ask: poll, promote | `recover` | [src/ha/x.ts:7](../src/ha/x.ts#L7) |',
    );
    expect(text).toContain('  race --> promote: example\n');
    expect(text).toContain('  ask_poll --> race\n');
    expect(() => decisionsText([rule], new Map())).toThrow('race.example');
  });
});

describe('the map from Patroni', () => {
  it('every method of class Ha is held by a rule, or a sentence says where it went', () => {
    expect(unexplainedMethods(RULES)).toEqual([]);
  });

  it('explains only methods that are there', () => {
    expect(Object.keys(HA_NOTES).filter((name) => !HA_METHODS.includes(name))).toEqual([]);
  });

  it('names only files that are there', () => {
    const notes = [...Object.values(HA_NOTES), ...ELSEWHERE.map(([, ours]) => ours)].join(' ');
    const paths = [...notes.matchAll(/`(src\/[^`]+)`/g)].map(([, path]) => path ?? '');
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
