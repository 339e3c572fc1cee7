import { Args, Flags } from '@oclif/core';
import { switchover } from '../ctl/takeover/switchover.ts';
import { BaseCommand } from './base.ts';

export default class Switchover extends BaseCommand {
  static override summary = 'Hand the leadership over to a replica, and follow it to the end';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo --candidate pg2 --dry-run',
    '<%= config.bin %> <%= command.id %> demo --candidate pg2 --force --json',
    '<%= config.bin %> <%= command.id %> demo --scheduled 2026-01-31T03:00+01:00 --force',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group', min: 0 }),
    leader: Flags.string({ aliases: ['primary'], description: 'Name of the current leader' }),
    candidate: Flags.string({ description: 'Who is to take over (default: whom Patroni chooses)' }),
    scheduled: Flags.string({ description: 'When, e.g. 2026-01-31T03:00+01:00 (default: now)' }),
    force: Flags.boolean({
      description: 'Do not ask; what cannot be done is refused all the same',
    }),
    'dry-run': Flags.boolean({ description: 'Show who can take over, change nothing' }),
    wait: Flags.boolean({
      description: 'Follow it until the old leader has rejoined; --no-wait: until the answer',
      allowNo: true,
      default: true,
    }),
    timeout: Flags.integer({
      description: 'Seconds to follow it (default: 2 ttl + 3 loop_wait, at least 60)',
      min: 1,
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Switchover);
    const { group, leader, candidate, scheduled, force, wait, timeout } = flags;
    await this.perform(flags, (session) =>
      switchover(session, {
        cluster: args.cluster,
        ...{ group, leader, candidate, scheduled, wait, timeout },
        force: force ?? false,
        dryRun: flags['dry-run'] ?? false,
      }),
    );
  }
}
