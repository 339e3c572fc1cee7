import { isNoStream } from '../../../src/model/tags.ts';
import type { Checker, HostSight, Sight } from './checker.ts';

/**
 * Some time after the last fault the cluster is whole: one leader, which accepts writes; everybody
 * else runs, streams, and has nothing that the leader does not have; and a client can write.
 */
export function liveness(sight: Sight): Checker {
  let wroteLast: number | undefined;
  const judge = (): string | undefined => whatAils(sight) ?? quietClients(sight, wroteLast);
  return {
    name: 'liveness',
    acked() {
      wroteLast = sight.now;
      return undefined;
    },
    recovered: judge,
    atEnd: judge,
  };
}

/** The first thing that is not as it should be in a healthy cluster; undefined: nothing. */
function whatAils(sight: Sight): string | undefined {
  const { leader } = sight.view();
  const primary = sight.hosts.find(({ name }) => name === leader);
  if (!primary) return 'nobody holds the lock';
  if (!primary.acceptsWrites()) return `${primary.name} leads and does not accept writes`;
  for (const host of sight.hosts) {
    const ill = host === primary ? undefined : whatAilsStandby(host, primary);
    if (ill !== undefined) return `${host.name} ${ill}`;
  }
  return undefined;
}

function whatAilsStandby(host: HostSight, primary: HostSight): string | undefined {
  const position = host.position();
  // Without streaming it gets its WAL from an archive, which has no fake.
  const fromArchive = isNoStream(host.tags);
  if (!position.running && !(fromArchive && position.waitsForWal)) return 'does not run';
  if (!position.inRecovery) return 'is a primary without the lock';
  if (fromArchive) return undefined;
  if (!host.isBehind(primary)) return `is not on the branch of ${primary.name}`;
  if (!position.streaming) return 'does not stream';
  const { timeline } = primary.position();
  return position.timeline === timeline
    ? undefined
    : `is on timeline ${position.timeline} and not on ${timeline}`;
}

/** Clients write every few seconds; strict mode without a standby to wait for stops them. */
function quietClients(sight: Sight, wroteLast: number | undefined): string | undefined {
  const settings = sight.settings();
  const alone = sight.hosts.length < 3 || settings.synchronousNodeCount !== 1;
  if (settings.synchronousModeStrict && alone) return undefined;
  if (wroteLast !== undefined && sight.now - wroteLast < 20_000) return undefined;
  return 'no client has been able to write for 20 s';
}
