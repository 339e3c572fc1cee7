import { isPrimaryRole, walPosition } from '../../../model/node-status.ts';
import { parseFailsafeMessage } from '../../../wire/rest/failsafe-message.ts';
import type { Call } from '../call.ts';
import { errorPage, type Reply, sentence } from '../reply.ts';

/**
 * `POST /failsafe`: a leader that the store does not answer asks whether it may go on. The answer
 * has this member's WAL position with it (`update_failsafe` of ha.py).
 */
export async function postFailsafe(call: Call): Promise<Reply> {
  const { backend } = call;
  if (!backend.state().settings.failsafeMode) return errorPage(502);
  const body = await call.readBody(false);
  if (!body.ok) return errorPage(body.status);
  const message = parseFailsafeMessage(body.data);
  if (!message) return errorPage(400);
  const accepted = backend.receiveFailsafe(message);
  const { status } = backend.state();
  if (!accepted) {
    const leads = isPrimaryRole(status.role) && status.state === 'running';
    return sentence(500, leads ? 'Running as a leader' : 'Not accepted');
  }
  const lsn = status.location ?? walPosition(status);
  return sentence(200, 'Accepted', lsn === undefined ? [] : ['lsn', String(lsn)]);
}
