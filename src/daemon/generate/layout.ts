import { pythonYaml } from '../../ctl/render/python-yaml.ts';
import { isRecord, type Json } from '../../model/json.ts';
import { type JsonMap, mapAt } from './template.ts';

const BEFORE_BOOTSTRAP = [
  ...['scope', 'namespace', 'name', 'log', 'restapi', 'ctl', 'citus'],
  ...['consul', 'etcd', 'etcd3', 'exhibitor', 'kubernetes', 'raft', 'zookeeper'],
];
const BEHIND_BOOTSTRAP = ['postgresql', 'watchdog', 'tags'];
/** These stand first in the dynamic configuration. */
const TIMES = ['loop_wait', 'retry_timeout', 'ttl'];

const OWN_SECTION = `
# What Patroni does not have, with its defaults:
# pgherd:
#   fence: required   # preferred, off: whether a primary needs a guard that stops it with its lease
#   state_dir:        # what the agent keeps for the one after it; beside the data directory`;

/** A configuration as a file: sections in Patroni's order, with words about `bootstrap`. */
export function layOut(config: JsonMap): string {
  const lines = [
    ...BEFORE_BOOTSTRAP.flatMap((name) => section(config, name)),
    ...bootstrap(config),
    ...BEHIND_BOOTSTRAP.flatMap((name) => section(config, name)),
    OWN_SECTION,
  ];
  return `${lines.join('\n')}\n`;
}

/** A map has an empty line before it. */
function section(config: JsonMap, name: string): string[] {
  const value = config[name];
  if (value === undefined) return [];
  const text = block({ [name]: value });
  return isRecord(value) ? ['', text] : [text];
}

function bootstrap(config: JsonMap): string[] {
  const dcs = mapAt(config, 'bootstrap', 'dcs');
  const keys = [...TIMES, ...Object.keys(dcs).filter((name) => !TIMES.includes(name))];
  return [
    '',
    '# How a new cluster is made. As soon as there is one, nothing here has any effect:',
    '# `pgherd edit-config` (or `patronictl edit-config`) changes what is below `dcs`.',
    'bootstrap:',
    '  dcs:',
    ...keys.flatMap((name) => (name in dcs ? [indented({ [name]: dcs[name] ?? null })] : [])),
  ];
}

function block(value: Json): string {
  return pythonYaml(value).trim();
}

function indented(value: Json): string {
  return block(value)
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}
