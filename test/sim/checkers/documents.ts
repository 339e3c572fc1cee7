import { formatConfig, parseConfig } from '../../../src/wire/config.ts';
import { formatFailover, parseFailover } from '../../../src/wire/failover.ts';
import { formatFailsafe, parseFailsafe } from '../../../src/wire/failsafe.ts';
import { formatHistory, parseHistory } from '../../../src/wire/history.ts';
import { formatLeader, parseLeader } from '../../../src/wire/leader.ts';
import { formatMember, parseMember } from '../../../src/wire/member.ts';
import { formatStatus, parseStatus } from '../../../src/wire/status.ts';
import { formatSync, parseSync } from '../../../src/wire/sync.ts';
import type { Checker } from './checker.ts';

/** Every document that is written can be read, and reads as it was meant: it formats to itself. */
export function documents(): Checker {
  /** Documents that were found right, with 1 for every digit but 0: such numbers read alike. */
  const right = new Set<string>();
  return {
    name: 'documents',
    written({ name, value, by }) {
      if (value === undefined || by === 'store') return undefined;
      const shape = `${name} ${value.replace(/[1-9]/g, '1')}`;
      if (right.has(shape)) return undefined;
      const again = readAndWrite(name, value);
      if (again === value) right.add(shape);
      return again === value ? undefined : `${by} wrote ${name}: ${value}, which reads ${again}`;
    },
  };
}

/** Undefined: it cannot be read. */
function readAndWrite(name: string, value: string): string | undefined {
  if (name.startsWith('members/')) {
    const { member, valid } = parseMember(name.slice('members/'.length), value, '');
    return valid ? formatMember(member) : undefined;
  }
  const format = FORMATS[name];
  return format === undefined ? `the document ${name}, which nobody knows` : format(value);
}

const FORMATS: Readonly<Record<string, (value: string) => string | undefined>> = {
  initialize: (value) => value,
  leader: (value) => through(parseLeader(value), formatLeader),
  config(value) {
    const { config, valid } = parseConfig(value, '');
    return valid ? formatConfig(config.data) : undefined;
  },
  failover(value) {
    const { failover, valid } = parseFailover(value, '');
    return valid ? formatFailover(failover) : undefined;
  },
  sync(value) {
    const { sync, valid } = parseSync(value, '');
    return valid && sync ? formatSync(sync) : undefined;
  },
  status: (value) => through(parseStatus(value), formatStatus),
  history: (value) => through(parseHistory(value), formatHistory),
  failsafe: (value) => through(parseFailsafe(value), formatFailsafe),
};

function through<T>(value: T | undefined, format: (value: T) => string): string | undefined {
  return value === undefined ? undefined : format(value);
}
