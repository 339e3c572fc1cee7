import type { Checker, Sight } from './checker.ts';

/** No program gives away the lock of an agent that is alive and goes by it, frozen or not. */
export function released(sight: Sight): Checker {
  return {
    name: 'released',
    written({ name, value, by, boundTo }) {
      if (name !== 'leader' || value !== undefined || !by.startsWith('release of ')) {
        return undefined;
      }
      const victim = sight.hosts.find((host) => host.session() === boundTo);
      if (victim === undefined || boundTo === undefined) return undefined;
      return `the lock of ${victim.name} was given away under its living agent`;
    },
  };
}
