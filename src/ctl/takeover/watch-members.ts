import { acceptsWrites, type Sample } from '../../ha/write-outage.ts';
import type { Member } from '../../model/member.ts';
import type { NodeStatus } from '../../model/node-status.ts';
import type { Session } from '../session.ts';
import { askForReport } from './reports.ts';

/** Members whose role matters for the time without writes: how often they are asked. */
const CLOSE_MS = 100;
/** All others. */
const LOOSE_MS = 1000;
/** How long a member may take to answer; meanwhile it is not asked again. */
const PATIENCE_MS = 2000;

/** Asks members again and again how they are, each on its own, so that none holds up another. */
export interface MemberWatch {
  /** Asks those whose time has come. Returns at once. */
  tick(members: readonly Member[], close: ReadonlySet<string>): void;
  /** The last answer of each member; a member whose last answer was silence has none. */
  readonly statuses: ReadonlyMap<string, NodeStatus>;
  readonly samples: readonly Sample[];
}

/** Nothing is asked before the first `tick`. */
export function watchMembers(session: Session): MemberWatch {
  const statuses = new Map<string, NodeStatus>();
  const samples: Sample[] = [];
  const nextAt = new Map<string, number>();
  const busy = new Set<string>();

  const ask = async (member: Member, close: boolean): Promise<void> => {
    const sentMs = session.clock.monotonic();
    busy.add(member.name);
    nextAt.set(member.name, sentMs + (close ? CLOSE_MS : LOOSE_MS));
    const report = await askForReport(session, member, PATIENCE_MS);
    busy.delete(member.name);
    const status = report.ok ? report.status : undefined;
    if (status) statuses.set(member.name, status);
    else statuses.delete(member.name);
    if (close) {
      samples.push({
        member: member.name,
        sentMs,
        receivedMs: session.clock.monotonic(),
        acceptsWrites: acceptsWrites(status),
      });
    }
  };

  return {
    statuses,
    samples,
    tick(members, close) {
      const now = session.clock.monotonic();
      for (const member of members) {
        if (member.apiUrl === undefined || busy.has(member.name)) continue;
        const near = close.has(member.name);
        if (!near && now < (nextAt.get(member.name) ?? 0)) continue;
        // Only Ctrl-C rejects, and the wait itself reports that.
        ask(member, near).catch(() => busy.delete(member.name));
      }
    },
  };
}
