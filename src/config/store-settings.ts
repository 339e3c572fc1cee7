import { isRecord, type Json } from '../model/json.ts';
import { readEtcdSettings } from './etcd-settings.ts';
import { hasKey, type Section, sectionIn } from './section.ts';
import type { StoreSettings } from './settings.ts';

/**
 * Sections of stores, in the order in which Patroni looks for them (dcs/__init__.py, `get_dcs`).
 */
export const STORES: readonly string[] = [
  ...['consul', 'etcd', 'etcd3', 'exhibitor', 'kubernetes', 'raft', 'zookeeper'],
];

/**
 * The store that the configuration names; `preferred` is a section that wins over the others.
 * Throws a `Refusal` that names the key that is wrong.
 */
export function readStore(config: Section, preferred?: string): StoreSettings {
  const name = preferred ?? STORES.find((store) => hasKey(config, store));
  if (name === undefined) return { kind: 'none' };
  if (name !== 'etcd' && name !== 'etcd3') return { kind: 'unsupported', section: name };
  return readEtcdSettings(sectionIn(config, name) ?? { name, values: {} }, name);
}

/** `exhibitor` inside `zookeeper`, as very old files have it, stands for a section of its own. */
export function moveOldExhibitor(config: Readonly<Record<string, Json>>): Record<string, Json> {
  const { zookeeper } = config;
  if (!isRecord(zookeeper) || !Object.hasOwn(zookeeper, 'exhibitor')) return { ...config };
  const { zookeeper: _, ...others } = config;
  return { ...others, exhibitor: zookeeper.exhibitor as Json };
}
