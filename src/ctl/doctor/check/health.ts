import { findings } from '../../../ha/health.ts';
import type { DoctorFacts } from '../facts.ts';
import type { Finding } from '../finding.ts';

/** Titles and remedies for what `pgherd health` finds; what other checks say better is not here. */
const TEXTS: Readonly<Record<string, readonly [title: string, remedy: string]>> = {
  uninitialized: [
    'the cluster is not there yet',
    'start an agent whose configuration has a bootstrap section, and look at its log',
  ],
  'no-leader': [
    'nobody leads: there is no server that accepts writes',
    'pgherd explain says of each member why it does not lead',
  ],
  'leader-unknown': [
    'the leader has published nothing',
    'look at the log of its agent; a lock that nobody holds ends after ttl seconds',
  ],
  'no-standby': [
    'no standby could take over',
    'pgherd explain says of each member why; add a member, or repair one',
  ],
  'no-sync-standby': [
    'no standby is synchronous',
    'see that a standby without the tag nosync streams from the leader',
  ],
  paused: ['the cluster is paused', 'pgherd resume, when the maintenance is done'],
  'switchover-scheduled': ['a switchover is scheduled', 'pgherd flush CLUSTER switchover drops it'],
  'not-running': [
    'PostgreSQL is not up',
    'look at the logs of its agent and of PostgreSQL; pgherd reinit makes a new copy',
  ],
  'not-streaming': [
    'it does not stream',
    'look at the log of PostgreSQL there; WAL that is gone everywhere needs pgherd reinit',
  ],
  'other-timeline': [
    'it is not on the timeline of the leader',
    'switch postgresql.use_pg_rewind on, or make a new copy with pgherd reinit',
  ],
  lag: ['it lags too far to take over', 'look for slow disks, a slow network, long queries there'],
  unreachable: [
    'its REST API does not answer',
    'see that its agent runs, and that restapi.connect_address can be reached from here',
  ],
};

/** What `pgherd health` says, with what to do about it. */
export function checkHealth({ view, members }: DoctorFacts): Finding[] {
  const reachable = new Map(
    members.map(({ member, report }) => [member.name, report.ok ? undefined : report.failure]),
  );
  return findings(view, reachable).flatMap(({ severity, code, member, message }): Finding[] => {
    const text = TEXTS[code];
    if (!text) return [];
    const [title, remedy] = text;
    // Its title says already what the message begins with.
    const failure = code === 'unreachable' ? reachable.get(member ?? '') : undefined;
    return [{ id: code, severity, member, title, evidence: failure ?? message, remedy }];
  });
}
