/** Bundles `src/` into `dist/`: one entry per command, shared code split off, and oclif's manifest. */
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What oclif's parser never uses: looking for plugins, help texts, spinners, updates. */
const NOT_FOR_PARSING =
  /^(cli-spinners|ejs|lilconfig|minimatch|semver|string-width|tinyglobby|ts-node|typescript|widest-line|wordwrap|wrap-ansi|wsl-utils)$/;

/** The parts of oclif itself that parsing never uses; they would be bundled all the same. */
const NOT_PARSER =
  /lib[\\/](config[\\/](config|plugin|plugin-loader|ts-path)|help[\\/](index|command|root|docopts))\.js$/;

/**
 * Our commands are started without oclif's machinery (`src/main.ts`), and need of it only the
 * parser. Here every `require` at the top of oclif's files is put off until it is first used, and
 * what parsing never uses stays outside of the bundle; so does all of oclif for the other way, help
 * and completion. It takes a third off the start-up of `list`, and 10 MB of memory.
 */
const leanOclif: Plugin = {
  name: 'lean-oclif',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^@oclif\/core$/ }, ({ kind, importer }) => {
      if (kind === 'dynamic-import') return { path: '@oclif/core', external: true };
      return importer.startsWith(`${root}src`) ? { path: 'parser', namespace: 'lean' } : undefined;
    });
    esbuild.onLoad({ filter: /^parser$/, namespace: 'lean' }, () => ({
      contents: `
        export * as Args from '@oclif/core/args';
        export { Command } from '@oclif/core/command';
        export * as Flags from '@oclif/core/flags';`,
      resolveDir: root,
    }));
    esbuild.onResolve({ filter: NOT_FOR_PARSING }, ({ path, importer }) =>
      /@oclif[\\/]core/.test(importer) ? { path, external: true } : undefined,
    );
    esbuild.onLoad({ filter: /@oclif[\\/]core[\\/]lib[\\/].*\.js$/ }, async ({ path }) => {
      if (NOT_PARSER.test(path)) return { contents: 'module.exports = {};' };
      const source = await readFile(path, 'utf8');
      const lazy = source.replace(
        /^const (\w+) = (__importDefault\(|__importStar\()?require\("([^"]+)"\)\)?;$/gm,
        (_, name: string, wrapped: string | undefined, module: string) => {
          const load = wrapped ? `${wrapped}require("${module}"))` : `require("${module}")`;
          const get = `get: (_, key) => (${name}$ ??= ${load})[key]`;
          return `let ${name}$; const ${name} = new Proxy({}, { ${get} });`;
        },
      );
      return { contents: lazy, loader: 'js' };
    });
  },
};

async function bundle(): Promise<void> {
  await rm(`${root}dist`, { recursive: true, force: true });
  // oclif takes every file in dist/commands for a command, so the base class gets no entry.
  const files = (await readdir(`${root}src/commands`)).filter((file) => file !== 'base.ts');
  await build({
    absWorkingDir: root,
    entryPoints: [
      'src/main.ts',
      'src/daemon/main.ts',
      // Started by the guard, when the agent is dead.
      'src/daemon/release/main.ts',
      ...files.map((file) => `src/commands/${file}`),
    ],
    outdir: 'dist',
    outbase: 'src',
    bundle: true,
    platform: 'node',
    target: 'node20.18',
    format: 'esm',
    splitting: true,
    minify: true,
    legalComments: 'none',
    // Rarely loaded, and each reads files beside itself or has parts that are loaded by name.
    external: ['etcd3', '@grpc/grpc-js', 'protobufjs', 'pg-native', 'cockatiel'],
    plugins: [leanOclif],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
}

/** The guard is no part of the agent's process: a program of its own (`src/fence/guard-process.ts`). */
async function guard(): Promise<void> {
  await copyFile(`${root}src/fence/guard.sh`, `${root}dist/guard.sh`);
}

/** Writes oclif.manifest.json, so that help and completion need not load every command. */
async function manifest(): Promise<void> {
  const { Plugin: OclifPlugin } = await import('@oclif/core');
  const plugin = new OclifPlugin({
    root,
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
  });
  await plugin.load();
  await writeFile(`${root}oclif.manifest.json`, JSON.stringify(plugin.manifest));
}

await bundle();
await guard();
await manifest();
