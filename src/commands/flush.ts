import { Args, Flags } from '@oclif/core';
import { flush } from '../ctl/actions/flush.ts';
import { ROLE_WORDS } from '../ctl/select-members.ts';
import { BaseCommand } from './base.ts';

const TARGETS = ['restart', 'switchover'] as const;

export default class Flush extends BaseCommand {
  static override summary = 'Take back scheduled restarts, or a scheduled switchover';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo restart',
    '<%= config.bin %> <%= command.id %> demo pg2 restart --force',
    '<%= config.bin %> <%= command.id %> demo switchover',
  ];
  static override args = {
    cluster: Args.string({
      ignoreStdin: true,
      description: 'Cluster name',
      required: true,
    }),
    members: Args.string({
      ignoreStdin: true,
      description: 'Members (default: all)',
      multiple: true,
    }),
    target: Args.string({
      ignoreStdin: true,
      description: 'What to take back',
      options: TARGETS,
      required: true,
    }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group' }),
    role: Flags.option({
      char: 'r',
      options: ROLE_WORDS,
      description: 'Only members with this role',
    })({ default: 'any' }),
    force: Flags.boolean({ description: 'Ask nothing' }),
    wait: Flags.boolean({ description: 'Wait for the answers (always done)' }),
    timeout: Flags.integer({ description: 'Seconds that a member has to answer', min: 1 }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Flush);
    await this.perform(flags, (session) =>
      flush(session, {
        cluster: args.cluster,
        members: args.members ?? [],
        group: flags.group,
        role: flags.role,
        target: args.target === 'switchover' ? 'switchover' : 'restart',
        force: flags.force,
        timeout: flags.timeout,
      }),
    );
  }
}
