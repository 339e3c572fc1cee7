import { Args, Flags } from '@oclif/core';
import { reload } from '../ctl/actions/reload.ts';
import { ROLE_WORDS } from '../ctl/select-members.ts';
import { BaseCommand } from './base.ts';

export default class Reload extends BaseCommand {
  static override summary = 'Have members read their configuration file again';
  static override description =
    'A member takes the request and acts on it in its next loop. It says nothing of it ' +
    'afterwards: there is nothing more to wait for, and --wait changes nothing.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo pg2 --force --json',
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
    const { args, flags } = await this.parse(Reload);
    await this.perform(flags, (session) =>
      reload(session, {
        cluster: args.cluster,
        members: args.members ?? [],
        group: flags.group,
        role: flags.role,
        force: flags.force,
        timeout: flags.timeout,
      }),
    );
  }
}
