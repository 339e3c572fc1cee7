import type { DoctorFacts } from '../facts.ts';
import type { Finding } from '../finding.ts';

/** Settings that are written down and not in force. */
export function checkPendingRestarts({ members, view }: DoctorFacts): Finding[] {
  return members.flatMap(({ member, report }): Finding[] => {
    const said = report.ok ? report.status : member;
    if (!said.pendingRestart) return [];
    const changes = Object.entries(said.pendingRestartReason).map(
      ([name, { oldValue, newValue }]) => `${name} ${oldValue} -> ${newValue}`,
    );
    return [
      {
        ...{ id: 'pending-restart', severity: 'warning', member: member.name },
        title: 'it waits for a restart',
        evidence: changes.join(', ') || 'it does not say why',
        remedy: `pgherd restart ${view.scope} --pending`,
      },
    ];
  });
}

/** A standby that looks well, and whose data grow old. */
export function checkReplay({ members }: DoctorFacts): Finding[] {
  return members
    .filter(({ report }) => report.ok && report.status.replayPaused)
    .map(({ member }) => ({
      ...{ id: 'replay-paused', severity: 'warning', member: member.name },
      title: 'it receives WAL and does not replay it',
      evidence: 'it says that replay is paused',
      remedy:
        'SELECT pg_wal_replay_resume() there; PostgreSQL pauses by itself when a parameter is ' +
        'lower than on the primary, and then needs a restart',
    }));
}
