import type { Checker, Sight } from './checker.ts';

/**
 * In strict mode no commit is acknowledged that only one server has. It holds from when the leader
 * must have read the configuration: within one TTL, or it is no leader any more. In failsafe mode a
 * leader goes on with the configuration that it knows for as long as the store is away, so such
 * clusters are not judged; nor is a leader that reads from a follower of the store that is cut off.
 */
export function strict(sight: Sight): Checker {
  let since = 0;
  return {
    name: 'strict',
    done(deed) {
      if (deed.kind === 'stale-reads') since = Math.max(since, sight.now + deed.ms);
      return undefined;
    },
    written({ name }) {
      if (name === 'config') since = Math.max(since, sight.now);
      return undefined;
    },
    acked({ commit, host }) {
      const settings = sight.settings();
      if (settings.synchronousMode === 'off' || !settings.synchronousModeStrict) return undefined;
      if (settings.failsafeMode || settings.pause) return undefined;
      if (sight.now - since < 1000 * (settings.ttl + settings.loopWait)) return undefined;
      const safe = sight.hosts.some((other) => other !== host && other.has(commit));
      return safe ? undefined : `commit ${commit} is acknowledged, and only ${host.name} has it`;
    },
  };
}
