import { assessCandidates, type TakeoverAction } from '../../../ha/candidates.ts';
import { checkSwitchover, type TakeoverRefusal } from '../../../ha/switchover.ts';
import { type ClusterView, isSyncStandby } from '../../../model/cluster.ts';
import { DcsError } from '../../../model/errors.ts';
import type { MemberReport } from '../../../model/node-status.ts';
import { DEFAULT_SETTINGS } from '../../../model/settings.ts';
import { printable } from '../../../system/text.ts';
import { formatFailover } from '../../../wire/failover.ts';
import { parseSchedule } from '../../../wire/rest/schedule.ts';
import { parseTakeoverBody, type TakeoverBody } from '../../../wire/rest/takeover-request.ts';
import { endReply, obstacleReply, type TakeoverObstacle } from '../../../wire/rest/texts.ts';
import type { RestBackend } from '../backend.ts';
import { type Call, readCluster } from '../call.ts';
import { errorPage, type Reply, sentence } from '../reply.ts';
import { freshStatus } from './status.ts';
import { followTakeover } from './takeover-end.ts';

/** `POST /switchover`: answered when another one leads, or when it has failed. */
export function postSwitchover(call: Call): Promise<Reply> {
  return takeOver(call, 'switchover');
}

/** `POST /failover`. With a leader in it, it is a switchover. */
export function postFailover(call: Call): Promise<Reply> {
  return takeOver(call, 'failover');
}

/** `DELETE /switchover`: forgets a switchover that was scheduled. */
export async function deleteSwitchover({ backend }: Call): Promise<Reply> {
  const { failover } = await readCluster(backend);
  if (!failover?.scheduledAt) return sentence(404, 'no switchover is scheduled');
  const { version } = failover;
  const done = await writeRequest(backend, formatFailover({}), { version });
  return done ? sentence(200, 'scheduled switchover deleted') : errorPage(409);
}

/** What was asked for, understood as far as the body alone goes. */
interface Asked extends TakeoverBody {
  readonly action: TakeoverAction;
  /** ISO 8601; undefined: at once. */
  readonly scheduledIso: string | undefined;
}

async function takeOver(call: Call, path: TakeoverAction): Promise<Reply> {
  const { backend } = call;
  const body = await call.readBody(false);
  if (!body.ok) return errorPage(body.status);
  const request = parseTakeoverBody(body.data);
  logRequest(backend, path, request);
  const view = await readCluster(backend);
  const asked = understand(path, request, { view, nowMs: backend.clock.wall() });
  if ('status' in asked) return asked;
  const { action, leader, candidate, scheduledIso } = asked;
  if (scheduledIso === undefined) {
    const obstacle = await obstacleTo(call, view, asked);
    if (obstacle) return refuse(obstacle, action);
  }
  const value = formatFailover({ leader, candidate, scheduledAt: scheduledIso });
  if (!(await isWritten(backend, value))) return end({ kind: 'not-written' }, action);
  backend.wake();
  if (scheduledIso !== undefined) return end({ kind: 'scheduled' }, action);
  return end(await followTakeover(call, { before: view.leader, candidate }), action);
}

function refuse(obstacle: TakeoverObstacle, action: TakeoverAction): Reply {
  const { status, text } = obstacleReply(obstacle, action);
  return sentence(status, text);
}

function end(how: Parameters<typeof endReply>[0], action: TakeoverAction): Reply {
  const { status, text } = endReply(how, action);
  return sentence(status, text);
}

/** What can be said of a request without asking anybody, in Patroni's order (do_POST_failover). */
function understand(
  path: TakeoverAction,
  body: TakeoverBody,
  { view, nowMs }: { readonly view: ClusterView; readonly nowMs: number },
): Asked | Reply {
  const { leader, candidate, scheduledAt } = body;
  const { pause } = view.config?.settings ?? DEFAULT_SETTINGS;
  if (path === 'failover' && !candidate) return refuse('candidate-missing', path);
  if (path === 'switchover' && !leader) return refuse('leader-missing', path);
  let scheduledIso: string | undefined;
  if (scheduledAt !== undefined) {
    if (path === 'failover') return refuse('failover-scheduled', path);
    if (pause) return refuse('schedule-in-pause', path);
    const schedule = parseSchedule(scheduledAt, path, nowMs);
    if (!schedule.ok) return sentence(schedule.status, schedule.text);
    scheduledIso = schedule.iso;
  }
  if (pause && !candidate) return refuse('candidate-missing-in-pause', path);
  if (leader === candidate) return refuse('candidate-is-leader', path);
  return { ...body, action: leader ? 'switchover' : 'failover', scheduledIso };
}

/** What is in the way of a takeover now: the same check, and the same table, as the CLI shows. */
async function obstacleTo(
  call: Call,
  view: ClusterView,
  { action, leader, candidate }: Asked,
): Promise<TakeoverObstacle | undefined> {
  const reports = await hearMembers(call, view, candidate);
  const nowMs = call.backend.clock.wall();
  const candidates = assessCandidates({ view, reports, action, nowMs });
  const checked = checkSwitchover(view, { action, leader, candidate }, { candidates, nowMs });
  return 'refuse' in checked ? obstacleOf(checked.refuse, view, action) : undefined;
}

/** The candidate and the leader, or everybody when no candidate is named. */
async function hearMembers(
  call: Call,
  view: ClusterView,
  candidate: string | undefined,
): Promise<ReadonlyMap<string, MemberReport>> {
  const { node, peers } = call.backend;
  const asked = view.members.filter(
    ({ name }) => !candidate || name === candidate || name === view.leader,
  );
  const hear = async (name: string, apiUrl: string | undefined): Promise<MemberReport> => {
    if (name === node.name) return { ok: true, status: await freshStatus(call) };
    if (apiUrl === undefined) return { ok: false, failure: 'it has no api_url' };
    return peers.status({ name, apiUrl });
  };
  const reports = asked.map(async ({ name, apiUrl }) => [name, await hear(name, apiUrl)] as const);
  return new Map(await Promise.all(reports));
}

/** Our reason in Patroni's words (`is_failover_possible` of api.py). */
function obstacleOf(
  refusal: TakeoverRefusal,
  view: ClusterView,
  action: TakeoverAction,
): TakeoverObstacle {
  const { synchronousMode, standbyCluster } = view.config?.settings ?? DEFAULT_SETTINGS;
  const onlySync = synchronousMode === 'on' && !standbyCluster;
  switch (refusal.code) {
    case 'no-leader':
    case 'not-the-leader':
      return 'leader-mismatch';
    case 'unknown-candidate':
      return onlySync && action === 'switchover' ? 'candidate-not-sync' : 'candidate-unknown';
    case 'candidate-cannot': {
      const { reasons } = refusal.candidate;
      const asynchronous = reasons.some(({ code, blocks }) => blocks && code === 'not-synchronous');
      return onlySync && asynchronous ? 'candidate-not-sync' : 'nobody-can';
    }
    case 'no-candidates':
      return view.members.some(({ name }) => name !== view.leader) ? 'nobody-can' : 'no-members';
    case 'nobody-can': {
      const any = view.members.some(({ name }) => isSyncStandby(view.sync, name));
      return onlySync && !any ? 'no-sync-standby' : 'nobody-can';
    }
    case 'candidate-is-leader':
      return action === 'switchover' ? 'candidate-is-leader' : 'nobody-can';
    case 'candidate-missing':
    case 'candidate-missing-in-pause':
    case 'failover-scheduled':
    case 'schedule-in-pause':
      return refusal.code;
    case 'candidate-nofailover':
    case 'schedule-in-past':
      return 'nobody-can';
  }
}

/** False also when the store did not say: whoever asked has to look. */
async function isWritten(backend: RestBackend, value: string): Promise<boolean> {
  try {
    return await writeRequest(backend, value, 'any');
  } catch (error) {
    if (error instanceof DcsError) return false;
    throw error;
  }
}

async function writeRequest(
  { dcs }: RestBackend,
  value: string,
  guard: { readonly version: string } | 'any',
): Promise<boolean> {
  const alone = { asLeader: false, withSession: false };
  return (await dcs.write({ name: 'failover', value, guard, ...alone })) === 'done';
}

function logRequest({ log }: RestBackend, path: TakeoverAction, body: TakeoverBody): void {
  const { leader, candidate, scheduledAt } = body;
  const shown = (value: unknown): string => printable(String(value ?? 'None').slice(0, 100));
  const what = `leader=${shown(leader)} candidate=${shown(candidate)}`;
  log('info', `received ${path} request with ${what} scheduled_at=${shown(scheduledAt)}`);
}
