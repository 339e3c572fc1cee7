import type { Checker, Sight } from './checker.ts';

/** Fewer deeds than that cause no trouble worth a name. */
const GRACE = 6;
/** Each deed may lead to so many long operations of one kind on one host. */
const PER_DEED = 3;
/** Changes from one rule to another of one host in the quiet phase. */
const QUIET_CHANGES = 6;

/**
 * Rules come to rest: long operations are bounded by what went wrong, and in the quiet phase at the
 * end nobody does anything but what a healthy cluster does. An internal error is one, even when the
 * agent gets over it.
 */
export function flapping(sight: Sight): Checker {
  const last = new Map<string, string>();
  const changes = new Map<string, number>();
  let deeds = 0;
  let quiet: { readonly operations: string; readonly leader: string | undefined } | undefined;
  const operations = (): string =>
    sight.hosts.map((host) => `${host.name} ${JSON.stringify(host.operations())}`).join(' ');
  return {
    name: 'flapping',
    done() {
      deeds += 1;
      return undefined;
    },
    ticked(host, { rule, problem, say }) {
      if (problem !== undefined) return `${host.name}: ${rule}: ${problem} (${say})`;
      if (quiet === undefined) return undefined;
      if (last.has(host.name) && last.get(host.name) !== rule) {
        changes.set(host.name, (changes.get(host.name) ?? 0) + 1);
      }
      last.set(host.name, rule);
      const many = (changes.get(host.name) ?? 0) > QUIET_CHANGES;
      return many ? `${host.name} changes from rule to rule in peace, last to ${rule}` : undefined;
    },
    recovered() {
      quiet = { operations: operations(), leader: sight.view().leader };
      for (const host of sight.hosts) {
        for (const [kind, times] of Object.entries(host.operations())) {
          if (times > GRACE + PER_DEED * deeds) {
            return `${host.name} did ${times} times ${kind} for ${deeds} deeds`;
          }
        }
      }
      return undefined;
    },
    atEnd() {
      if (quiet === undefined) return undefined;
      const { leader } = sight.view();
      if (leader !== quiet.leader) return `${leader} leads after ${quiet.leader}, in peace`;
      const now = operations();
      return now === quiet.operations ? undefined : `long operations in peace: ${now}`;
    },
  };
}
