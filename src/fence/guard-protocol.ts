// What the agent and its guard say to each other; the other half is in guard.sh.

/** Of guard.sh. A guard of another version is replaced when an agent finds it. */
export const GUARD_VERSION = '2';

/** Two directories never share a guard, and a directory always finds its own. */
export interface GuardPaths {
  /** Of one guard; nobody else may enter it. */
  readonly directory: string;
  /**
   * Takes commands; opening it for writing fails while no guard lives. To the guard its end of file
   * says that the agent is dead.
   */
  readonly commands: string;
  /** Brings reports, and its end when the guard dies. */
  readonly life: string;
  /** `PID START`, the start in the ticks of /proc/PID/stat. */
  readonly pid: string;
  readonly log: string;
  /** What the guard runs when the lock is to be given away: one word a line. */
  readonly release: string;
}

export type GuardCommand =
  | { readonly kind: 'deadline'; readonly at: number }
  | { readonly kind: 'disarm' | 'ping' | 'exit' }
  | { readonly kind: 'replace'; readonly script: string };

/** The guard's answer to a command, or its word that the deadline has passed. */
export interface GuardReport {
  readonly state: 'idle' | 'armed' | 'fenced';
  /** The last command that it had obeyed. */
  readonly command: number;
  readonly pid: number;
  readonly version: string;
  /** Milliseconds as /proc/uptime counts; undefined: it has none. */
  readonly deadline: number | undefined;
}

const REPORT = /^(idle|armed|fenced) (\S+)\.(\d+) (\d+) (\S+) (\d+)$/;

/**
 * The line for a command. `token`: the sender (its process, the ticks of its start, something
 * random; hyphens between them), a dot, and the number of the command there. The line is shorter
 * than what a FIFO takes in one piece (4096 bytes).
 */
export function commandLine(token: string, command: GuardCommand): string {
  switch (command.kind) {
    case 'deadline':
      return `${token} deadline ${command.at}\n`;
    case 'replace':
      return `${token} replace ${command.script}\n`;
    case 'disarm':
    case 'ping':
    case 'exit':
      return `${token} ${command.kind}\n`;
  }
}

/**
 * Reads one line of a guard. Undefined: it answers another owner, an agent before this one whose
 * answers nobody fetched, or it is no report at all.
 */
export function parseReport(line: string, owner: string): GuardReport | undefined {
  const [, state, sender, command, pid, version, deadline] = REPORT.exec(line) ?? [];
  if (sender !== owner || version === undefined) return undefined;
  return {
    state: state as GuardReport['state'],
    command: Number(command),
    pid: Number(pid),
    version,
    deadline: Number(deadline) || undefined,
  };
}

/** The start of a process, by its /proc/PID/stat: with the number it names one for good. */
export function startTicks(stat: string): string | undefined {
  // The name in brackets may hold anything, spaces and brackets too.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
