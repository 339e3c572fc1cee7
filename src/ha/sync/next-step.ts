import { InvariantError } from '../../model/errors.ts';
import { nextAllStandbysStep } from './all-standbys.ts';
import { nextQuorumStep } from './quorum.ts';
import { overlaps, type Replication, type SyncStep } from './replication.ts';

/**
 * The next step of either mode.
 * @throws InvariantError for a step after which a commit could be lost: our own mistake.
 */
export function nextSyncStep(mode: 'on' | 'quorum', state: Replication): SyncStep {
  const step = mode === 'on' ? nextAllStandbysStep(state) : nextQuorumStep(state);
  checkStep(state, step);
  return step;
}

function checkStep(state: Replication, step: SyncStep): void {
  if (step.kind === 'wait' || step.kind === 'done') return;
  const after = { ...state, ...step };
  if (overlaps(after) && isInRange(step)) return;
  const { voters, quorum, names, count } = after;
  const halves = `${quorum} of (${voters}), ${count} of (${names})`;
  throw new InvariantError(`unsafe synchronous replication after ${step.kind}: ${halves}`);
}

/** A quorum is never negative (P#3278), and PostgreSQL knows no `ANY 0 (a)`. */
function isInRange(step: Extract<SyncStep, { kind: 'write-sync' | 'set-names' }>): boolean {
  if (step.kind === 'write-sync') {
    return step.quorum === 0 || (step.quorum > 0 && step.quorum < step.voters.length);
  }
  const { names, count } = step;
  return names.length === 0 ? count === 0 : count > 0 && count <= names.length;
}
