import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { RestartOrder } from '../orders.ts';
import type { Acting, Action, Rule } from '../plan.ts';
import { leaveSync } from '../planned/leave-sync.ts';
import { restartRefusal } from '../planned/restart.ts';
import { dueAt } from '../planned/schedule.ts';
import { cloneSource, followTarget } from '../replication/target.ts';
import { act, runningJob } from '../situation.ts';

// What people asked this node for over its REST API.

const answer = (order: number, ok: boolean, text: string): Action => ({
  kind: 'answer',
  order,
  ok,
  text,
});

function refuse(order: number, text: string): Acting {
  return act(text, [answer(order, false, text)], {});
}

/** A server that is down is started by other rules, and a primary without the lock by none. */
function obstacle(f: Facts): string | undefined {
  if (f.postgres.state === 'stopped') return 'postgres is not running';
  const orphan = f.postgres.role === 'primary' && !leads(f) && !f.settings.pause;
  return orphan ? 'it does not hold the leader lock' : undefined;
}

function beginRestart(facts: Facts, order: RestartOrder): Acting {
  return (
    leaveSync(facts) ??
    act(
      'restart initiated',
      [{ kind: 'job', job: { kind: 'restart', from: followTarget(facts) } }],
      {
        memory: { startingSince: facts.now, startTimeout: order.timeout },
        wakeAt: facts.now,
      },
    )
  );
}

/** The scheduled restart, when its time is not to be waited for any more. */
function scheduledRestart(facts: Facts): Acting | undefined {
  const order = facts.orders.scheduledRestart;
  if (!order || facts.settings.pause) return undefined;
  const { postmasterStart } = facts.postgres;
  const begun = order.postmasterStart;
  if (begun !== undefined && postmasterStart !== undefined && begun !== postmasterStart) {
    return refuse(order.id, `Cancelling scheduled restart: restarted at ${postmasterStart}`);
  }
  const due = dueAt(order.at, facts.wall, facts.settings.loopWait);
  if (due.kind === 'later') return undefined;
  // One that has begun and waits is not late.
  const waits = facts.memory.leavingSyncSince !== undefined;
  if (due.kind === 'stale' && !waits)
    return refuse(order.id, 'Found a stale restart value, cleaning up');
  const refusal = obstacle(facts) ?? restartRefusal(facts, order);
  return refusal === undefined
    ? beginRestart(facts, order)
    : refuse(order.id, `not proceeding with the restart: ${refusal}`);
}

export const ORDERS: readonly Rule[] = [
  {
    name: 'orders.restarted',
    phase: 'orders',
    why: 'whoever asked for a restart is told how it ended',
    mirrors: ['restart', 'delete_future_restart'],
    plan: (f) => {
      const order = f.orders.restart ?? f.orders.scheduledRestart;
      if (!order || f.job?.spec.kind !== 'restart' || !f.job.outcome) return undefined;
      const ok = f.job.outcome.ok;
      const text = ok ? 'restarted successfully' : 'restart failed';
      return act(text, [answer(order.id, ok, text)], { wakeAt: f.now });
    },
  },
  {
    name: 'orders.overtaken',
    phase: 'orders',
    why: 'a leader that steps down is not restarted as one: the order has come to its end',
    mirrors: ['restart'],
    plan: (f) => {
      const order = f.orders.restart ?? f.orders.scheduledRestart;
      if (!order || !f.memory.steppingDown || runningJob(f)) return undefined;
      const begun = f.orders.restart !== undefined || f.memory.startingSince !== undefined;
      return begun ? refuse(order.id, 'restart failed') : undefined;
    },
  },
  {
    name: 'orders.reinitialize',
    phase: 'orders',
    why: 'a new copy is made only by order, only where nothing leads, and only one at a time',
    mirrors: ['reinitialize', '_do_reinitialize', 'clone'],
    plan: (f) => {
      const order = f.orders.reinitialize;
      if (!order) return undefined;
      const leader = f.dcs?.view.leader;
      if (leader === undefined) {
        return refuse(order.id, 'Cluster has no leader, can not reinitialize');
      }
      if (leader === f.self.name || leads(f)) {
        return refuse(order.id, 'I am the leader, can not reinitialize');
      }
      // P#1215: a server must not be started over a copy that is being made.
      const running = runningJob(f);
      if (running && !order.force) return refuse(order.id, `${running} already in progress`);
      const from = cloneSource(f, { fromLeader: order.fromLeader });
      if (!from) return refuse(order.id, 'the leader does not say how to reach it');
      // Who names the leader wants its data, and not those of a backup (create_replica).
      const method = order.fromLeader ? ({ method: 'basebackup' } as const) : {};
      return act(
        'reinitialize',
        [
          { kind: 'disarm' },
          { kind: 'job', job: { kind: 'clone', from, discard: true, ...method }, preempt: true },
          answer(order.id, true, 'reinitialize started'),
        ],
        {
          memory: { rewind: 'check', failures: 0, retryAfter: undefined, steppingDown: undefined },
        },
      );
    },
  },
  {
    name: 'orders.restart',
    phase: 'orders',
    why:
      'a restart is done at once, if its conditions hold and PostgreSQL runs; a synchronous' +
      ' standby has its place given to another one before',
    mirrors: ['restart', 'restart_matches', 'while_not_sync_standby'],
    plan: (f) => {
      const order = f.orders.restart;
      if (!order || runningJob(f)) return undefined;
      const refusal = restartRefusal(f, order);
      if (refusal !== undefined) return refuse(order.id, 'restart conditions are not satisfied');
      const inTheWay = obstacle(f);
      return inTheWay === undefined ? beginRestart(f, order) : refuse(order.id, inTheWay);
    },
  },
  {
    name: 'orders.scheduled-restart',
    phase: 'orders',
    why: 'a scheduled restart is done when its time has come, and forgotten when it was missed',
    mirrors: ['evaluate_scheduled_restart', 'should_run_scheduled_action', 'restart_scheduled'],
    plan: (f) => (runningJob(f) ? undefined : scheduledRestart(f)),
  },
];
