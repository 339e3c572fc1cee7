import type { Upstream } from './recovery-settings.ts';
import { quoteSetting, readSettings, settingLine } from './setting-text.ts';

/** What a `postgresql.conf` says. */
export interface ConfParts {
  /** The file whose settings come before ours. */
  readonly include: string;
  readonly settings: ReadonlyMap<string, string>;
  /** Undefined for a primary. */
  readonly recovery:
    | { readonly settings: ReadonlyMap<string, string>; readonly upstream: Upstream | undefined }
    | undefined;
}

/** The first words of what we write: another file of this name is somebody else's. */
const HEADER = [
  '# Written by pgherd, which overwrites it. What is to stay belongs into the configuration of',
  '# the cluster (pgherd edit-config), or into the file that is included here.',
];

/** Which member a standby follows. PostgreSQL has no word for that. */
const FOLLOWS = /^# follows member ('(?:[^'\\]|\\.|'')*')$/m;

/** The text of `postgresql.conf`. The same parts are always the same text. */
export function postgresqlConf({ include, settings, recovery }: ConfParts): string {
  const lines = [...HEADER, `include ${quoteSetting(include)}`, '', ...settingLines(settings)];
  if (recovery) {
    const { upstream } = recovery;
    lines.push('', '# recovery');
    if (upstream && upstream.name !== '') {
      lines.push(`# follows member ${quoteSetting(upstream.name)}`);
    }
    lines.push(...settingLines(recovery.settings));
  }
  return `${lines.join('\n')}\n`;
}

/** What a file that we or Patroni wrote says of where its standby streams from. */
export function readUpstream(text: string): Upstream | undefined {
  const settings = readSettings(text);
  const conninfo = settings.get('primary_conninfo');
  if (conninfo === undefined || conninfo === '') return undefined;
  const quoted = FOLLOWS.exec(text)?.[1];
  const name = quoted === undefined ? '' : readSettings(`name = ${quoted}`).get('name');
  return { name: name ?? '', conninfo, slot: settings.get('primary_slot_name') || undefined };
}

/**
 * The text of `postgresql.auto.conf` without these parameters: it is read after `postgresql.conf`,
 * and what pg_basebackup -R or ALTER SYSTEM left there would count for more (Patroni:
 * _sanitize_auto_conf).
 */
export function withoutSettings(text: string, isUnwanted: (name: string) => boolean): string {
  const lines = text.split('\n');
  const wanted = lines.filter((line) => {
    const [name] = readSettings(line).keys();
    return name === undefined || !isUnwanted(name);
  });
  return wanted.length === lines.length ? text : wanted.join('\n');
}

function settingLines(settings: ReadonlyMap<string, string>): string[] {
  return [...settings].map(([name, value]) => settingLine(name, value));
}
