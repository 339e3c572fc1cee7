import type { Facts } from '../ha/facts.ts';
import type { JobSpec } from '../ha/job.ts';
import { fenceDeadline } from '../ha/lease.ts';
import type { Action } from '../ha/plan.ts';
import { DcsError, InvariantError } from '../model/errors.ts';
import { formatMember } from '../wire/member.ts';
import { EMPTY_STATUS, formatStatus } from '../wire/status.ts';
import type { Jobs } from './jobs.ts';
import type { Mind } from './mind.ts';
import type { OrderDesk } from './orders.ts';
import type { AgentPorts } from './ports.ts';
import { writeRequest } from './write-request.ts';

/** What the deeds of a plan are done with. */
export interface Means {
  readonly ports: AgentPorts;
  readonly jobs: Jobs;
  readonly desk: OrderDesk;
  /** The facts that the plan was made for. */
  readonly facts: Facts;
  readonly mind: Mind;
}

/** Does one deed. Undefined: done; else why not, in a few words. Rejects for mistakes of ours. */
export async function perform(action: Action, means: Means): Promise<string | undefined> {
  try {
    return await attempt(action, means);
  } catch (error) {
    if (isOwnMistake(error)) throw error;
    return error instanceof DcsError ? `the store: ${error.message}` : String(error);
  }
}

/** True for an error of ours; any other is what a tool or a store said, and part of life. */
export function isOwnMistake(error: unknown): boolean {
  return (
    error instanceof InvariantError || error instanceof TypeError || error instanceof ReferenceError
  );
}

async function attempt(action: Action, means: Means): Promise<string | undefined> {
  const { ports, jobs, desk } = means;
  const { dcs, server, fence } = ports;
  switch (action.kind) {
    case 'job':
      return startJob(action.job, action.preempt ?? false, means);
    case 'write':
      return (await dcs.write(writeRequest(action.document))) === 'done' ? undefined : 'conflict';
    case 'cancel-job':
      jobs.cancel();
      return undefined;
    case 'release':
      await release(action.lsn, means);
      return undefined;
    case 'publish':
      await dcs.publish(formatMember(action.member), means.facts.settings.ttl);
      return undefined;
    case 'set-sync-names':
      await server.setSyncNames(action.names);
      return undefined;
    case 'follow':
      await server.follow(action.source);
      return undefined;
    case 'sync-slots':
      await server.syncSlots(action.changes);
      return undefined;
    case 'checkpoint':
      await server.checkpoint();
      return undefined;
    case 'finish-bootstrap':
      await server.finishBootstrap();
      return undefined;
    case 'start-guard':
      fence.start();
      return undefined;
    case 'disarm':
      fence.disarm();
      return undefined;
    case 'answer':
      desk.answer(action.order, { ok: action.ok, text: action.text });
      return undefined;
    case 'exit':
      desk.close();
      ports.exit(action.code);
      return undefined;
    default:
      return impossible(action);
  }
}

function impossible(action: never): never {
  throw new InvariantError(`no such action: ${String(action)}`);
}

function startJob(spec: JobSpec, preempt: boolean, means: Means): string | undefined {
  const failure = means.jobs.start(spec, preempt);
  // P#2803: what was promised to the leader before says nothing about us.
  if (spec.kind === 'promote' && failure === undefined) {
    means.mind.remember({ failsafePromise: undefined });
  }
  return failure;
}

/**
 * Why this job must not begin: it would make a primary, and the guard may be about to stop it. A
 * tick decides by the clock of then; since then it may have waited for the store, or stood still.
 */
export function forbids(
  spec: JobSpec,
  facts: Pick<Facts, 'now' | 'memory' | 'settings'>,
): string | undefined {
  const writes = spec.kind === 'promote' || (spec.kind === 'start' && spec.as === 'primary');
  if (!writes) return undefined;
  const { leaseUntil } = facts.memory;
  if (leaseUntil === undefined) return 'the lock is not ours';
  if (facts.now < fenceDeadline(leaseUntil, facts.settings.ttl)) return undefined;
  return 'the lease is about to end';
}

/** The lease ends before the request is sent: from then on another may have the lock. */
async function release(lsn: number | undefined, { ports, facts, mind }: Means): Promise<void> {
  mind.remember({ leaseUntil: undefined, lockWon: false });
  const before = facts.dcs?.view.status ?? EMPTY_STATUS;
  await ports.dcs.release(
    lsn === undefined ? undefined : formatStatus({ ...before, lastLsn: lsn }),
  );
}
