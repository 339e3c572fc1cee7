import { RestError, type RestReply } from '../../../src/rest/member-api.ts';
import type { RestHandler } from './fake-session.ts';

/** What GET /patroni of one member says; changed in place while a test runs. */
export interface WorldMember {
  state: string;
  role: string;
  started?: string;
  timeline?: number;
  streams?: string;
  version: string;
  scheduled?: string;
  /** WAL position of a primary, and up to which a replica has replayed. */
  location?: number;
  replayed?: number;
  replication: { application_name: string; state: string }[];
  /** Answers nothing at all. */
  dead?: boolean;
}

/** Three healthy members, as `demoDocuments` has them. */
export function world(): Record<string, WorldMember> {
  const standby = { role: 'replica', state: 'running', streams: 'streaming' };
  const same = { timeline: 2, started: '2026-01-01 10:00:00+00:00', version: '4.1.5' };
  return {
    pg1: { role: 'primary', state: 'running', ...same, replication: [] },
    pg2: { ...standby, ...same, replication: [] },
    pg3: { ...standby, ...same, replication: [] },
  };
}

export type Order = (
  member: string,
  call: { method: string; path: string; body: unknown },
) => RestReply;

/** Answers GET /patroni from the world, and all else by `order`. */
export function worldRest(members: Record<string, WorldMember>, order: Order): RestHandler {
  return (name, method, { path, body }) => {
    const member = members[name];
    if (!member || member.dead) throw new RestError('refused', 'connection refused');
    if (method !== 'GET') return order(name, { method, path, body });
    const status = {
      state: member.state,
      role: member.role,
      postmaster_start_time: member.started,
      timeline: member.timeline,
      xlog: { location: member.location, replayed_location: member.replayed },
      replication_state: member.streams,
      replication: member.replication,
      scheduled_restart: member.scheduled && { schedule: member.scheduled },
      patroni: { version: member.version, scope: 'demo', name },
    };
    return { status: 200, body: JSON.stringify(status) };
  };
}

/** Gives the member a server that was started just now. */
export function startAnew(member: WorldMember | undefined): void {
  if (!member) throw new Error('no such member in the world');
  member.state = 'running';
  member.started = `${member.started ?? ''} anew`;
}
