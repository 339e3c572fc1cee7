import { join } from 'node:path';
import { RULES } from '../../src/ha/decide.ts';
import { decisionsText } from './decisions-text.ts';
import { patroniMapText } from './patroni-map-text.ts';
import { ruleSources } from './rule-source.ts';

/** The documents that are made from the rules: path from the root → text. */
export function documents(): ReadonlyMap<string, string> {
  const sources = ruleSources(join(import.meta.dirname, '../..'));
  return new Map([
    ['docs/decisions.md', decisionsText(RULES, sources)],
    ['docs/patroni-map.md', patroniMapText(RULES)],
  ]);
}
