import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import { failureOf, type Result } from '../result.ts';
import type { Session } from '../session.ts';
import type { Order } from './core/order.ts';

/**
 * Carries an order out as the command of that name does: the same use-case, with its questions and
 * checks. What comes of it is said, not thrown: only Ctrl-C that reached the process rejects.
 */
export async function carryOutOrder(session: Session, scope: string, order: Order): Promise<void> {
  let result: Result;
  try {
    result = await run(session, scope, order);
  } catch (error) {
    // Ctrl-C at a question takes the order back; anywhere else it ends the program.
    if (session.signal.aborted) throw error;
    result = failureOf(error);
  }
  if (!result.error) return;
  session.io.err(`Error: ${printable(result.error.message)}`);
  if (result.error.hint) session.io.err(`HINT: ${printable(result.error.hint)}`);
}

async function run(session: Session, cluster: string, order: Order): Promise<Result> {
  const { group } = order;
  switch (order.action) {
    case 'switchover': {
      const { switchover } = await import('../takeover/switchover.ts');
      const asked = { leader: undefined, candidate: undefined, scheduled: undefined };
      const how = { force: false, dryRun: false, wait: true, timeout: undefined };
      return switchover(session, { cluster, group, ...asked, ...how });
    }
    case 'restart': {
      const { restart } = await import('../restart/restart.ts');
      const asked = { scheduled: undefined, pgVersion: undefined, timeout: undefined };
      const whom = { members: [order.member], role: 'any', any: false, pending: false } as const;
      const how = { force: false, keepGoing: false, dryRun: false };
      return restart(session, { cluster, group, ...whom, ...asked, ...how });
    }
    case 'pause': {
      await confirmPause(session, cluster, order.paused);
      const { setPause } = await import('../actions/pause.ts');
      return setPause(session, {
        ...{ cluster, group, paused: order.paused },
        ...{ wait: false, timeout: undefined },
      });
    }
  }
}

/** The commands `pause` and `resume` ask nothing; but a key is pressed by mistake more easily. */
async function confirmPause(session: Session, cluster: string, paused: boolean): Promise<void> {
  const what = paused ? 'pause' : 'resume';
  const meaning = paused ? 'no automatic failover' : 'automatic failover';
  const message = `Are you sure you want to ${what} cluster ${printable(cluster)} (${meaning})?`;
  if (await session.prompt.confirm({ message, flag: `pgherd ${what}` })) return;
  throw new Refusal('aborted', `Aborted ${what}`);
}
