import { mergePatch } from '../../../config/patch.ts';
import type { ClusterView } from '../../../model/cluster.ts';
import { isSameData, type Json } from '../../../model/json.ts';
import { dumpJson } from '../../../model/python.ts';
import { formatConfig } from '../../../wire/config.ts';
import { formatCluster } from '../../../wire/rest/cluster.ts';
import { type Call, readCluster } from '../call.ts';
import { errorPage, json, type Reply } from '../reply.ts';

// The documents of the store, as they are read and written over the REST API.

/** `GET /cluster`: as it is now, not as it was at the last tick. */
export async function getCluster({ looks }: Call): Promise<Reply> {
  return json(200, formatCluster(await looks.cluster.take()));
}

/** `GET /history`. */
export async function getHistory(call: Call): Promise<Reply> {
  return json(200, spaced((await lastView(call)).history ?? []));
}

/** `GET /config`; 502 when there is none. */
export async function getConfig(call: Call): Promise<Reply> {
  const { config } = await lastView(call);
  return config ? json(200, spaced(config.data)) : errorPage(502);
}

/** `GET /failsafe`: the list as it was last seen; 502 when there is none. */
export function getFailsafe({ backend }: Call): Reply {
  const failsafe = backend.state().known?.failsafe;
  return failsafe ? json(200, spaced(failsafe)) : errorPage(502);
}

/** `PATCH /config`: a merge patch; 409 when somebody else wrote meanwhile, 503 without config. */
export async function patchConfig(call: Call): Promise<Reply> {
  const body = await call.readBody(false);
  if (!body.ok) return errorPage(body.status);
  const { config } = await readCluster(call.backend);
  if (!config) return errorPage(503);
  const before = config.data as Readonly<Record<string, Json>>;
  const data = mergePatch(before, body.data);
  if (!isSameData(data, before)) {
    const done = await write(call, data, { version: config.version });
    if (!done) return errorPage(409);
  }
  call.backend.wake();
  return json(200, spaced(data));
}

/** `PUT /config`: replaces it, whatever was there. */
export async function putConfig(call: Call): Promise<Reply> {
  const body = await call.readBody(false);
  if (!body.ok) return errorPage(body.status);
  const { config } = await readCluster(call.backend);
  if (!config || !isSameData(config.data, body.data)) {
    if (!(await write(call, body.data, 'any'))) return errorPage(502);
    call.backend.wake();
  }
  return json(200, spaced(body.data));
}

async function write(
  { backend }: Call,
  data: Readonly<Record<string, Json>>,
  guard: { readonly version: string } | 'any',
): Promise<boolean> {
  const value = formatConfig(data);
  const alone = { asLeader: false, withSession: false };
  return (await backend.dcs.write({ name: 'config', value, guard, ...alone })) === 'done';
}

/** Of the last tick; where that saw nothing, the store is asked. */
async function lastView({ backend, looks }: Call): Promise<ClusterView> {
  return backend.state().view ?? (await looks.cluster.take());
}

function spaced(value: unknown): string {
  return dumpJson(value, { item: ', ', key: ': ' });
}
