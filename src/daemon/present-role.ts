import type { AgentState } from '../agent/state.ts';
import type { CallbackRole } from '../postgres/jobs/hooks/callbacks.ts';

/**
 * What callbacks may be told that the server of this node is; undefined: nothing yet. An address
 * moves to a primary with the first word of it, so one that was found running is no primary for
 * them before the lock is ours, or people have taken over (pause).
 */
export function presentRole(state: AgentState, now: number): CallbackRole | undefined {
  const { status, settings, leaseUntil } = state;
  if (state.tickedAt === undefined || status.state !== 'running') return undefined;
  const leads = leaseUntil !== undefined && now < leaseUntil;
  switch (status.role) {
    case 'primary':
      return leads || settings.pause ? 'primary' : undefined;
    case 'standby_leader':
    case 'replica':
      return status.role;
    default:
      return undefined;
  }
}
