import { DcsError } from '../../model/errors.ts';
import { EndpointFailure } from '../failure.ts';
import { AuthDisabled, type EtcdTransport, StaleToken, type User } from './transport.ts';

/** Does something with a token, and says what came of it. */
export type WithToken = <T>(
  node: EtcdTransport,
  signal: AbortSignal,
  act: (token: string | undefined) => Promise<T>,
) => Promise<T>;

/**
 * Gets a token when it is first needed, and a new one once when etcd does not accept it any more
 * (simple tokens live 5 minutes; etcd's manual, "Authentication"). All members of an etcd cluster
 * accept a token that one of them gave. Never tries more than twice.
 */
export function tokenKeeper(user: User | undefined): WithToken {
  if (!user) return (_node, _signal, act) => act(undefined);
  let kept: { readonly token: string | undefined } | undefined;

  async function renew(node: EtcdTransport, known: User, signal: AbortSignal) {
    kept = { token: await authenticate(node, known, signal) };
    return kept;
  }
  return async (node, signal, act) => {
    const { token } = kept ?? (await renew(node, user, signal));
    try {
      return await act(token);
    } catch (error) {
      if (!(error instanceof StaleToken)) throw error;
    }
    const renewed = await renew(node, user, signal);
    try {
      return await act(renewed.token);
    } catch (error) {
      if (!(error instanceof StaleToken)) throw error;
      throw new DcsError('etcd does not accept the token that it has just given', { cause: error });
    }
  };
}

async function authenticate(
  node: EtcdTransport,
  user: User,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await node.authenticate(user, { signal });
  } catch (error) {
    if (error instanceof AuthDisabled) return undefined;
    if (error instanceof EndpointFailure) {
      // Whatever was to be written afterwards has surely not been sent.
      throw new EndpointFailure(error.message, { maybeApplied: false, hint: error.hint });
    }
    throw error;
  }
}
