import { Args, Flags } from '@oclif/core';
import { restart } from '../ctl/restart/restart.ts';
import { ROLE_WORDS } from '../ctl/select-members.ts';
import { BaseCommand } from './base.ts';

export default class Restart extends BaseCommand {
  static override summary = 'Restart PostgreSQL on members: replicas first, the leader last';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo --pending --force --json',
    '<%= config.bin %> <%= command.id %> demo pg2 --scheduled 2026-01-31T23:30+01:00',
    '<%= config.bin %> <%= command.id %> demo --dry-run',
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
    any: Flags.boolean({ description: 'Restart only one of them, a replica if there is one' }),
    scheduled: Flags.string({ description: 'When, in ISO 8601; now by default' }),
    'pg-version': Flags.string({ description: 'Only where PostgreSQL is older than this (15.4)' }),
    pending: Flags.boolean({ description: 'Only members that wait for a restart' }),
    timeout: Flags.string({ description: 'Seconds that PostgreSQL has to start (or 90s, 5min)' }),
    force: Flags.boolean({ description: 'Ask nothing; replace a restart that is scheduled' }),
    'keep-going': Flags.boolean({ description: 'Go on with the others after a failure' }),
    'dry-run': Flags.boolean({ description: 'Only show who would be restarted in which order' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Restart);
    await this.perform(flags, (session) =>
      restart(session, {
        cluster: args.cluster,
        members: args.members ?? [],
        group: flags.group,
        role: flags.role,
        any: flags.any,
        scheduled: flags.scheduled,
        pgVersion: flags['pg-version'],
        pending: flags.pending,
        timeout: flags.timeout,
        force: flags.force,
        keepGoing: flags['keep-going'],
        dryRun: flags['dry-run'] ?? false,
      }),
    );
  }
}
