import type { Order } from '../../../agent/orders.ts';
import { present } from '../../../model/present.ts';
import { lenientBoolean } from '../../../wire/numbers.ts';
import { parseRestartRequest, type RestartRequest } from '../../../wire/rest/restart-request.ts';
import type { Call } from '../call.ts';
import { errorPage, type Reply, sentence } from '../reply.ts';

// What the agent is asked to do: the answer comes when it was done, or turned down.

/** `POST /reload`. */
export function postReload({ backend }: Call): Reply {
  backend.reload();
  return sentence(202, 'reload scheduled');
}

/** `POST /restart`: now, or at a time, if all its conditions hold then. */
export async function postRestart(call: Call): Promise<Reply> {
  const { backend } = call;
  const body = await call.readBody(true);
  if (!body.ok) return errorPage(body.status);
  if ('schedule' in body.data && backend.state().settings.pause) {
    return sentence(500, "Can't schedule restart in the paused state");
  }
  const reading = parseRestartRequest(body.data, backend.clock.wall());
  if (!reading.ok) return sentence(reading.status, reading.text);
  const { request } = reading;
  const { ok, text } = await backend.order(orderOf(request));
  if (request.scheduledAt !== undefined) return sentence(ok ? 202 : 409, text);
  return sentence(ok ? 200 : 503, text);
}

function orderOf({ scheduledAt, ...request }: RestartRequest): Order {
  const { onlyIfPending, role, postgresVersion, timeout } = request;
  const conditions = { onlyIfPending, ...present({ role, postgresVersion, timeout }) };
  if (scheduledAt === undefined) return { kind: 'restart', ...conditions };
  return { kind: 'scheduled-restart', at: scheduledAt, ...conditions };
}

/** `DELETE /restart`: forgets a restart that was scheduled. */
export async function deleteRestart({ backend }: Call): Promise<Reply> {
  const { ok, text } = await backend.order({ kind: 'cancel-restart' });
  return sentence(ok ? 200 : 404, text);
}

/** `POST /reinitialize`. */
export async function postReinitialize(call: Call): Promise<Reply> {
  const body = await call.readBody(true);
  if (!body.ok) return errorPage(body.status);
  const { force, from_leader: fromLeader, 'from-leader': asInTheManual } = body.data;
  const { ok, text } = await call.backend.order({
    kind: 'reinitialize',
    force: lenientBoolean(force) === true,
    fromLeader: lenientBoolean(fromLeader ?? asInTheManual) === true,
  });
  return sentence(ok ? 200 : 503, text);
}

/** `POST /sigterm`: of use to Patroni's own tests, and there on Windows only. */
export function postSigterm(): Reply {
  return sentence(202, 'shutdown scheduled');
}

/** `POST /citus`, `POST /mpp`: what a node of a cluster without Citus says. */
export async function postCitus(call: Call): Promise<Reply> {
  const body = await call.readBody(false);
  return body.ok ? sentence(200, 'OK') : errorPage(body.status);
}
