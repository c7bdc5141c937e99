// Bundles Enketo and its theme into the folder page/ beside node_modules: node build.mjs <folder of these sources>
import { build } from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as sass from 'sass';

const sources = path.resolve(process.argv[2]);
const modules = path.resolve('node_modules');
const core = path.join(modules, 'enketo-core');
const out = path.resolve('page');

// The names under which enketo-core asks for what its host may replace; here each is its own default.
const alias = {
    'enketo/config': path.join(core, 'config.js'),
    'enketo/widgets': path.join(core, 'src/js/widgets.js'),
    'enketo/translator': path.join(core, 'src/js/fake-translator.js'),
    'enketo/dialog': path.join(core, 'src/js/fake-dialog.js'),
    'enketo/file-manager': path.join(core, 'src/js/file-manager.js'),
    'enketo/xpath-evaluator-binding': path.join(core, 'src/js/xpath-evaluator-binding.js'),
};

await build({
    entryPoints: [path.join(sources, 'walk.js')],
    bundle: true,
    format: 'iife',
    external: ['libxslt'], // for servers only
    nodePaths: [modules],
    alias,
    outfile: path.join(out, 'walk.js'),
    logLevel: 'warning',
});

// The theme of KoboToolbox's web form. Its imports begin with node_modules/ wherever that is.
const importer = {
    findFileUrl(url) {
        const inside = url.match(/node_modules\/(.*)$/);
        return inside ? pathToFileURL(path.join(modules, inside[1])) : null;
    },
};
const theme = sass.compile(path.join(core, 'src/sass/formhub/formhub.scss'), {
    importers: [importer],
    loadPaths: [modules],
    quietDeps: true,
    logger: sass.Logger.silent,
});
fs.writeFileSync(path.join(out, 'theme.css'), theme.css);
for (const name of ['index.html', 'xslt.js']) fs.copyFileSync(path.join(sources, name), path.join(out, name));
