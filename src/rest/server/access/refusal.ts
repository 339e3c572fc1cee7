import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { ClusterView } from '../../../model/cluster.ts';
import type { Addresses } from '../../addresses.ts';
import { type Reply, sentence } from '../reply.ts';
import { showsCertificate } from '../server-tls.ts';
import { type Allowlist, isAllowed } from './allowlist.ts';
import { type Credentials, checkCredentials, type GuessBrake } from './credentials.ts';

/** Who may send orders. */
export interface AccessRules {
  readonly allowlist: Allowlist;
  readonly includeMembers: boolean;
  /** A client certificate is needed (`verify_client` is `optional` or `required`). */
  readonly certificate: boolean;
  readonly credentials: Credentials | undefined;
}

/** What the check goes by, beside the request. */
export interface AccessContext {
  readonly rules: AccessRules;
  readonly addresses: Addresses;
  readonly brake: GuessBrake;
  /** The newest view of the cluster, however old. */
  readonly known: ClusterView | undefined;
  /** A leader in failsafe mode asks: every member may. */
  readonly failsafe: boolean;
}

/**
 * Why an order is not taken, in Patroni's order and words (`check_access` of api.py): the address,
 * then the certificate, then user and password. Undefined: it may come in. `hang-up`: it gets no
 * answer.
 */
export async function refusalOf(
  request: IncomingMessage,
  context: AccessContext,
): Promise<Reply | 'hang-up' | undefined> {
  const { rules, brake } = context;
  const client = request.socket.remoteAddress ?? '';
  if (!(await mayCome(client, context))) return sentence(403, 'Access is denied');
  if (rules.certificate && !hasCertificate(request)) {
    return sentence(403, 'client certificate required');
  }
  const { authorization } = request.headers;
  const trouble = rules.credentials && checkCredentials(rules.credentials, authorization);
  if (trouble === undefined) return undefined;
  if (authorization !== undefined && !(await brake.failed(client))) return 'hang-up';
  return sentence(401, trouble, ['WWW-Authenticate', 'Basic realm="Patroni"']);
}

async function mayCome(client: string, context: AccessContext): Promise<boolean> {
  const { rules, addresses, known, failsafe } = context;
  const { allowlist, includeMembers } = rules;
  // Patroni lets no member's failsafe message through an explicit list; then its leader steps down.
  if (allowlist.empty && (failsafe || !includeMembers)) return true;
  const hosts = includeMembers || failsafe ? memberHosts(known) : [];
  return isAllowed(client, allowlist, { addresses, hosts });
}

/**
 * The hosts of the members' REST APIs, and of those on the failsafe list: a leader's own document
 * may have expired when it needs the others most (P#3113).
 */
function memberHosts(view: ClusterView | undefined): string[] {
  if (!view) return [];
  const clusters = [view, ...view.workers.values()];
  const urls = clusters.flatMap(({ members, failsafe }) => [
    ...members.flatMap(({ apiUrl }) => apiUrl ?? []),
    ...Object.values(failsafe ?? {}),
  ]);
  return [...new Set(urls.flatMap(hostOf))];
}

function hostOf(url: string): string[] {
  if (!URL.canParse(url)) return [];
  const { hostname } = new URL(url);
  return hostname === '' ? [] : [hostname.replace(/^\[|\]$/g, '')];
}

/**
 * A certificate that was checked: TLS lets a client in without one when it is `optional`, and takes
 * him for authorized when he resumes such a session.
 */
function hasCertificate({ socket }: IncomingMessage): boolean {
  return socket instanceof TLSSocket && socket.authorized && showsCertificate(socket);
}
