import type { Handler } from './call.ts';
import {
  getCluster,
  getConfig,
  getFailsafe,
  getHistory,
  patchConfig,
  putConfig,
} from './handlers/documents.ts';
import { postFailsafe } from './handlers/failsafe.ts';
import {
  deleteRestart,
  postCitus,
  postReinitialize,
  postReload,
  postRestart,
  postSigterm,
} from './handlers/orders.ts';
import { getLiveness, getMetrics, getPatroni, getReadiness } from './handlers/status.ts';
import { deleteSwitchover, postFailover, postSwitchover } from './handlers/takeover.ts';

/** Who answers a request, and who may send it. */
export interface Route {
  readonly handler: Handler;
  /**
   * `at-once`: everybody, and nothing is waited for. `look`: everybody, and something is looked at.
   * `order`: whoever has the right to. `failsafe`: the same, and every member.
   */
  readonly access: 'at-once' | 'look' | 'order' | 'failsafe';
}

const route = (access: Route['access'], handler: Handler): Route => ({ access, handler });

/** By method and first part of the path; other `GET`s are health checks, anything else is a 501. */
const ROUTES: ReadonlyMap<string, Route> = new Map([
  ['GET liveness', route('at-once', getLiveness)],
  ['GET readiness', route('at-once', getReadiness)],
  ['GET failsafe', route('at-once', getFailsafe)],
  ['GET patroni', route('look', getPatroni)],
  ['GET metrics', route('look', getMetrics)],
  ['GET cluster', route('look', getCluster)],
  ['GET history', route('look', getHistory)],
  ['GET config', route('look', getConfig)],
  ['PATCH config', route('order', patchConfig)],
  ['PUT config', route('order', putConfig)],
  ['POST reload', route('order', postReload)],
  ['POST restart', route('order', postRestart)],
  ['DELETE restart', route('order', deleteRestart)],
  ['POST switchover', route('order', postSwitchover)],
  ['DELETE switchover', route('order', deleteSwitchover)],
  ['POST failover', route('order', postFailover)],
  ['POST reinitialize', route('order', postReinitialize)],
  ['POST sigterm', route('order', postSigterm)],
  ['POST citus', route('order', postCitus)],
  ['POST mpp', route('order', postCitus)],
  ['POST failsafe', route('failsafe', postFailsafe)],
]);

/** What is asked for: `GET /replica?lag=16MB`. */
export interface Target {
  readonly path: string;
  /** Undefined: there is none. */
  readonly query: URLSearchParams | undefined;
  readonly route: Route | undefined;
}

/** Nothing in it has to be taken apart: nearly everything that is asked for is such a path. */
const PLAIN_PATH = /^\/[\w-]*$/;

/** Takes a request line apart, as Patroni does (`parse_request` of api.py). */
export function targetOf(method: string, url: string): Target {
  if (PLAIN_PATH.test(url)) {
    return { path: url, query: undefined, route: ROUTES.get(`${method} ${url.slice(1)}`) };
  }
  const plain = url.startsWith('/') ? url : url.replace(/^\w+:\/\/[^/?#]*/, '');
  const [beforeHash = ''] = plain.split('#', 1);
  const question = beforeHash.indexOf('?');
  const path = (question < 0 ? beforeHash : beforeHash.slice(0, question)).replace(/^\/+/, '/');
  const query = question < 0 ? '' : beforeHash.slice(question + 1);
  const [, name = ''] = path.split('/', 2);
  return {
    path,
    query: query === '' ? undefined : new URLSearchParams(query),
    route: ROUTES.get(`${method} ${name}`),
  };
}
