import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Edit, Mutation } from './mutations.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Thrown when the text that a mutation replaces is not in its file exactly once. */
class StaleMutation extends Error {}

/**
 * The source with the defect in it.
 * @throws StaleMutation when `find` is not there exactly once
 */
export function edited(source: string, { file, find, replace }: Edit): string {
  const parts = source.split(find);
  if (parts.length !== 2) {
    throw new StaleMutation(`found ${parts.length - 1} times in ${file}: ${find}`);
  }
  return parts.join(replace);
}

/** Bundles the hunt (`hunt.ts`) with the defect in it, or without any, into one file. */
export async function bundleHunt(outfile: string, mutation?: Mutation): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['test/mutations/hunt.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.18',
    format: 'esm',
    logLevel: 'silent',
    plugins: mutation ? [defect(mutation)] : [],
  });
}

function defect(mutation: Mutation): Plugin {
  return {
    name: 'defect',
    setup(esbuild) {
      esbuild.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const edits = mutation.edits.filter(({ file }) => file === relative(ROOT, path));
        if (edits.length === 0) return undefined;
        return { contents: edits.reduce(edited, await readFile(path, 'utf8')), loader: 'ts' };
      });
    },
  };
}
