import type { KnownCluster, Recollection } from '../agent/ports.ts';
import type { Document } from '../dcs/dcs.ts';
import { isRecord, type Json } from '../model/json.ts';
import { present } from '../model/present.ts';
import { parseKey } from '../wire/keys.ts';
import { type Content, type StateContext, StateFile } from './state-file.ts';

/**
 * What was known of the cluster, in `cluster.json`. What is of no use there counts as nothing (see
 * `StateFile`): the agent after this one then knows less, and nothing worse.
 */
export function fileRecollection(context: StateContext): Recollection {
  const file = new StateFile('cluster.json', context);
  return {
    load() {
      const content = file.read();
      const known = content && knownCluster(content);
      if (content && !known) file.warn('makes no sense');
      return known;
    },
    keep: ({ documents, revision, identity }) => file.write({ documents, revision, identity }),
  };
}

function knownCluster(content: Content): KnownCluster | undefined {
  const { documents, revision, identity } = content;
  if (!Array.isArray(documents) || typeof revision !== 'number') return undefined;
  const understood = documents.map((item: Json) => documentOf(item));
  if (!understood.every((document) => document !== undefined)) return undefined;
  if (identity !== undefined && typeof identity !== 'string') return undefined;
  return { documents: understood, revision, ...present({ identity }) };
}

function documentOf(item: Json): Document | undefined {
  if (!isRecord(item)) return undefined;
  const { value, version, group } = item;
  const name = typeof item.name === 'string' ? parseKey(item.name)?.name : undefined;
  if (name === undefined || name !== item.name) return undefined;
  if (typeof value !== 'string' || typeof version !== 'string') return undefined;
  if (group !== undefined && typeof group !== 'number') return undefined;
  return { name, value, version, ...present({ group }) };
}
