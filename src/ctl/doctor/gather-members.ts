import type { Member } from '../../model/member.ts';
import { parseNodeStatus } from '../../wire/rest.ts';
import { type Answer, askMember } from '../ask-member.ts';
import { forEachBounded } from '../bounded.ts';
import type { Session } from '../session.ts';
import type { ClockSight, DoorSight, MemberSight } from './facts.ts';
import type { DoctorWorld } from './world.ts';

/** For each question to a member, in milliseconds; there are two rounds of them. */
const PATIENCE_MS = 3000;
const AT_ONCE = 16;

/** Looks at every member, in parallel and in bounded time. In the order of the members. */
export async function gatherMembers(
  session: Session,
  members: readonly Member[],
  world: DoctorWorld,
): Promise<MemberSight[]> {
  const sights = new Map<string, MemberSight>();
  await forEachBounded(members, AT_ONCE, async (member) => {
    sights.set(member.name, await lookAt(session, member, world));
  });
  return members.flatMap(({ name }) => sights.get(name) ?? []);
}

async function lookAt(session: Session, member: Member, world: DoctorWorld): Promise<MemberSight> {
  const request = { method: 'GET', path: 'patroni', timeoutMs: PATIENCE_MS } as const;
  const askedAt = session.clock.now().getTime();
  const answer = await askMember(session, member, request);
  const heardAt = session.clock.now().getTime();
  if (answer.kind === 'silence') {
    const door = { kind: 'unknown', why: answer.message } as const;
    const report = { ok: false, failure: answer.message } as const;
    // What is wrong with a certificate is the reason why nothing was answered.
    const certificate = await certificateOf(session, member, world);
    return { member, report, clock: undefined, door, certificate };
  }
  const status = parseNodeStatus(answer.body);
  const [door, certificate] = await Promise.all([
    knock(session, member),
    certificateOf(session, member, world),
  ]);
  return {
    member,
    report: status
      ? { ok: true, status }
      : { ok: false, failure: `HTTP ${answer.status} without a status` },
    clock: clockOf(answer.date, askedAt, heardAt),
    ...{ door, certificate },
  };
}

function clockOf(
  date: string | undefined,
  askedAt: number,
  heardAt: number,
): ClockSight | undefined {
  const dateMs = Date.parse(date ?? '');
  if (Number.isNaN(dateMs)) return undefined;
  return { dateMs, least: dateMs - heardAt, most: dateMs + 1000 - askedAt };
}

/**
 * Asks for a switchover with a body that is no map, and without password and certificate. Patroni
 * checks who asks before it reads the body (`check_access` of api.py), and answers 400 to such a
 * body whatever the cluster is like: nothing can come of it. So do our agents; a contract test
 * holds both to it.
 */
async function knock(session: Session, member: Member): Promise<DoorSight> {
  const timeoutMs = PATIENCE_MS;
  const request = { method: 'POST', path: 'switchover', body: [], timeoutMs } as const;
  return doorOf(await askMember(session, member, { ...request, anonymous: true }), member);
}

function doorOf(answer: Answer, { apiUrl }: Member): DoorSight {
  if (answer.kind === 'silence') {
    // It has just answered to our certificate: to none it hangs up (`verify_client: required`).
    return apiUrl?.startsWith('https:') && answer.taken === 'no'
      ? { kind: 'closed' }
      : { kind: 'unknown', why: answer.message };
  }
  if (answer.status === 400) return { kind: 'open' };
  if (answer.status === 401 || answer.status === 403) return { kind: 'closed' };
  return { kind: 'unknown', why: `it answered with HTTP ${answer.status}` };
}

async function certificateOf(
  session: Session,
  { apiUrl = '' }: Member,
  world: DoctorWorld,
): Promise<MemberSight['certificate']> {
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : undefined;
  if (url?.protocol !== 'https:') return undefined;
  const { signal, settings } = session;
  return world.memberCertificate(url, { tls: settings.rest.tls, timeoutMs: PATIENCE_MS, signal });
}
