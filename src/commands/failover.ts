import { Args, Flags } from '@oclif/core';
import { failover } from '../ctl/takeover/failover.ts';
import { BaseCommand } from './base.ts';

export default class Failover extends BaseCommand {
  static override summary = 'Promote a replica, also where no leader is left; may lose data';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo --candidate pg2 --dry-run',
    '<%= config.bin %> <%= command.id %> demo --candidate pg2 --force --timeout 120',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group', min: 0 }),
    candidate: Flags.string({ description: 'Who is to take over' }),
    force: Flags.boolean({
      description: 'Do not ask; what cannot be done is refused all the same',
    }),
    'dry-run': Flags.boolean({ description: 'Show who can take over, change nothing' }),
    wait: Flags.boolean({
      description: 'Follow it until all have rejoined; --no-wait: until the answer',
      allowNo: true,
      default: true,
    }),
    timeout: Flags.integer({
      description: 'Seconds to follow it (default: 2 ttl + 3 loop_wait, at least 60)',
      min: 1,
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Failover);
    const { group, candidate, force, wait, timeout } = flags;
    await this.perform(flags, (session) =>
      failover(session, {
        cluster: args.cluster,
        ...{ group, candidate, wait, timeout },
        force: force ?? false,
        dryRun: flags['dry-run'] ?? false,
      }),
    );
  }
}
