import { Interrupted } from '../model/errors.ts';
import type { Member } from '../model/member.ts';
import type { NodeStatus } from '../model/node-status.ts';
import { RestError, type RestMethod } from '../rest/member-api.ts';
import { printable } from '../system/text.ts';
import { parseNodeStatus } from '../wire/rest.ts';
import type { Session } from './session.ts';

/** What a member answered, or why no answer came. */
export type Answer =
  | {
      readonly kind: 'reply';
      readonly status: number;
      readonly body: string;
      /** The header `Date`, where there is one. */
      readonly date?: string;
    }
  /** `taken`: whether the member may have acted on the request all the same. */
  | { readonly kind: 'silence'; readonly taken: 'no' | 'maybe'; readonly message: string };

export interface Request {
  readonly method: RestMethod;
  /** Without a slash before it, e.g. `restart`. */
  readonly path: string;
  readonly body?: unknown;
  /** Milliseconds; the client's default when undefined. */
  readonly timeoutMs?: number | undefined;
  /** Show neither a password nor a client certificate. */
  readonly anonymous?: boolean;
}

/** Asks a member's REST API. No answer is a value too; only Ctrl-C and our own mistakes reject. */
export async function askMember(
  session: Session,
  member: Pick<Member, 'name' | 'apiUrl'>,
  { method, path, body, timeoutMs, anonymous }: Request,
): Promise<Answer> {
  const api = await session.rest();
  try {
    const reply = await api.request(member, method, {
      path,
      signal: session.signal,
      ...(body === undefined ? {} : { body }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(anonymous ? { anonymous } : {}),
    });
    return { kind: 'reply', ...reply };
  } catch (error) {
    if (session.signal.aborted) throw interrupted(session, member, `${method} /${path}`);
    if (!(error instanceof RestError)) throw error;
    const taken = error.surelyNotTaken ? 'no' : 'maybe';
    return { kind: 'silence', taken, message: error.message };
  }
}

/** After Ctrl-C: an order that was on its way is said, for nobody takes it back. */
function interrupted(
  { signal }: Session,
  { name }: Pick<Member, 'name'>,
  request: string,
): unknown {
  if (request.startsWith('GET ')) return signal.reason;
  const sentence = `${printable(name)} may carry out the request (${request}) all the same`;
  return new Interrupted(`Interrupted: ${sentence}`);
}

/** What a member says of itself now (GET /patroni); undefined when it does not answer. */
export async function lookAtMember(
  session: Session,
  member: Pick<Member, 'name' | 'apiUrl'>,
): Promise<NodeStatus | undefined> {
  return (await checkMember(session, member)).status;
}

/**
 * A look at a member before an order is sent to it. A member that does not answer this would let
 * the order hang for as long as that may take: `silence` says why no order should be sent.
 */
export async function checkMember(
  session: Session,
  member: Pick<Member, 'name' | 'apiUrl'>,
): Promise<{ status?: NodeStatus | undefined; silence?: string }> {
  const answer = await askMember(session, member, { method: 'GET', path: 'patroni' });
  if (answer.kind === 'silence') return { silence: answer.message };
  return { status: parseNodeStatus(answer.body) };
}
