import { Args, Flags } from '@oclif/core';
import { editConfig } from '../ctl/edit-config.ts';
import { BaseCommand } from './base.ts';

export default class EditConfig extends BaseCommand {
  static override summary =
    'Change the dynamic configuration of a cluster, checked before it is written';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo -s ttl=45 -p work_mem=16MB --force',
    '<%= config.bin %> <%= command.id %> demo --apply changes.yml --dry-run --json',
    'cat full.yml | <%= config.bin %> <%= command.id %> demo --replace - --force',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group' }),
    quiet: Flags.boolean({ char: 'q', description: 'Do not show changes' }),
    set: Flags.string({
      char: 's',
      multiple: true,
      multipleNonGreedy: true,
      description: 'Set a value, KEY.KEY=YAML; null removes it',
    }),
    pg: Flags.string({
      char: 'p',
      multiple: true,
      multipleNonGreedy: true,
      description: 'Set a PostgreSQL parameter: short for -s postgresql.parameters.…',
    }),
    apply: Flags.string({ description: 'Merge this YAML file into the configuration (-: stdin)' }),
    replace: Flags.string({ description: 'Use this YAML file instead of it (-: stdin)' }),
    force: Flags.boolean({ description: 'Do not ask for confirmation' }),
    'no-validate': Flags.boolean({ description: 'Write it even if it is not valid' }),
    'dry-run': Flags.boolean({ description: 'Show and check the changes, write nothing' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(EditConfig);
    await this.perform(flags, (session) =>
      editConfig(session, {
        cluster: args.cluster,
        group: flags.group,
        quiet: flags.quiet,
        set: flags.set ?? [],
        pg: flags.pg ?? [],
        apply: flags.apply,
        replace: flags.replace,
        force: flags.force,
        validate: !flags['no-validate'],
        dryRun: flags['dry-run'] ?? false,
      }),
    );
  }
}
