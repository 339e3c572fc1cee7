import type { Json } from '../../model/json.ts';
import type { Tags } from '../../model/member.ts';
import { lenientInteger } from '../../wire/numbers.ts';
import { isTruthy, pythonScalar } from '../python-scalar.ts';
import { type Section, sectionIn } from '../section.ts';

/** Patroni publishes these only when they are true (its tags.py). */
const SWITCHES = new Set(['clonefrom', 'nofailover', 'noloadbalance', 'nosync', 'nostream']);
/** Tag that says no → tag with a priority, of which 0 says no as well. */
const PAIRS: ReadonlyMap<string, string> = new Map([
  ['nofailover', 'failover_priority'],
  ['nosync', 'sync_priority'],
]);

/**
 * The tags as they are published: switches that are off are left out, unless a priority beside
 * them says something, too. A pair that contradicts itself is a warning, and the switch counts.
 * Throws a `Refusal` when it is no map.
 */
export function readTags(config: Section, warnings: string[]): Tags {
  const tags = sectionIn(config, 'tags')?.values ?? {};
  for (const [name, priority] of PAIRS) {
    const conflict = contradiction(tags, name, priority);
    if (conflict !== undefined) warnings.push(conflict);
  }
  return Object.fromEntries(
    Object.entries(tags).filter(([name, value]) => {
      const partner = PAIRS.get(name);
      return !SWITCHES.has(name) || isTruthy(value) || (partner !== undefined && partner in tags);
    }),
  );
}

function contradiction(
  tags: Readonly<Record<string, Json>>,
  name: string,
  priorityName: string,
): string | undefined {
  if (!(name in tags)) return undefined;
  const value = tags[name] ?? null;
  const priority = lenientInteger(tags[priorityName]);
  if (priority === undefined || isTruthy(value) !== priority > 0) return undefined;
  const shown = `${name}: ${pythonScalar(value)}`;
  const both = `${shown} and ${priorityName}: ${priority}`;
  return `Conflicting configuration between ${both}. Defaulting to ${shown}`;
}
