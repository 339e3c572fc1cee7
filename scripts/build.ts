/** Bundles `src/` into `dist/`: one entry per command, shared code split off, and oclif's manifest. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * oclif loads its help, spinner and version checks when its core is loaded: 30 ms that `list`
 * never uses. Here every `require` at the top of its files is put off until it is first used.
 */
const lazyOclif: Plugin = {
  name: 'lazy-oclif',
  setup(esbuild) {
    esbuild.onLoad({ filter: /@oclif[\\/]core[\\/]lib[\\/].*\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const lazy = source.replace(
        /^const (\w+) = (__importDefault\()?require\("([^"]+)"\)\)?;$/gm,
        (_, name: string, wrapped: string | undefined, module: string) => {
          const load = wrapped ? `__importDefault(require("${module}"))` : `require("${module}")`;
          return `let ${name}$; const ${name} = new Proxy({}, { get: (_, key) => (${name}$ ??= ${load})[key] });`;
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
    entryPoints: ['src/main.ts', ...files.map((file) => `src/commands/${file}`)],
    outdir: 'dist',
    outbase: 'src',
    bundle: true,
    platform: 'node',
    target: 'node20.18',
    format: 'esm',
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    // Rarely loaded, and each reads files beside itself or has parts that are loaded by name.
    external: ['etcd3', 'pg', 'pg-native', 'pino', 'cockatiel'],
    plugins: [lazyOclif],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
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
await manifest();
