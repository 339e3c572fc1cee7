import type { Source } from '../../model/postgres.ts';
import type { Facts } from '../facts.ts';
import { viewOf } from '../situation.ts';
import { compareStanding, type Standing, standingOf } from './standing.ts';

/** The running member that has most WAL, by the answers to the poll; no slot waits for us there. */
export function fullestPeer(facts: Facts): Source | undefined {
  let fullest: { readonly source: Source; readonly standing: Standing } | undefined;
  for (const { name, report } of facts.answers.peers ?? []) {
    const connUrl = viewOf(facts)?.members.find((member) => member.name === name)?.connUrl;
    if (!report.ok || report.status.state !== 'running' || connUrl === undefined) continue;
    const standing = standingOf(report.status);
    if (standing.lsn > 0 && (!fullest || compareStanding(standing, fullest.standing) > 0)) {
      fullest = { source: { name, connUrl }, standing };
    }
  }
  return fullest?.source;
}
