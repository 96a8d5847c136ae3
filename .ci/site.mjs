// Turns the compiled WebAssembly, style/ and public/ into target/site; the second half of .ci/site.
//
//   node .ci/site.mjs FRONTEND.wasm      with wasm-bindgen and npm's wasm-opt on the PATH
//
// A file is replaced only when its content changed, and then in one step: a running server never reads half a file, and
// cargo does not compile the server anew for a site that is the same. target/site-work keeps what the next run can skip.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const site = join(root, "target", "site");
const work = join(root, "target", "site-work");
const esbuild = createRequire(join(root, "end2end", "package.json"))("esbuild");

// The oldest browsers that know light-dark(); nesting is older. Older targets would make esbuild rewrite both.
const BROWSERS = ["chrome123", "firefox120", "safari17.5"];
// What rustc's wasm32 target turns on by itself.
const WASM_FEATURES = [
  "--enable-bulk-memory", "--enable-nontrapping-float-to-int", "--enable-sign-ext", "--enable-mutable-globals",
  "--enable-reference-types", "--enable-multivalue",
];
const COMPRESSIBLE = new Set([".css", ".html", ".js", ".json", ".map", ".mjs", ".svg", ".txt", ".wasm", ".webmanifest", ".xml"]);

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

function run(command, args) {
  const result = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (result.error) throw new Error(`${command}: ${result.error.message}; run \`make setup\``);
  if (result.status !== 0) throw new Error(`${command} failed:\n${result.stdout}${result.stderr}`);
  return result.stdout.trim();
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function writeIfChanged(path, content) {
  const bytes = Buffer.from(content);
  if (existsSync(path) && statSync(path).size === bytes.length && readFileSync(path).equals(bytes)) return false;
  mkdirSync(dirname(path), { recursive: true });
  const half = join(work, `half-${process.pid}`);
  writeFileSync(half, bytes);
  renameSync(half, path);
  return true;
}

async function step(name, action) {
  const start = performance.now();
  const result = await action();
  console.error(`  ${name}: ${((performance.now() - start) / 1000).toFixed(1)} s${result ? `, ${result}` : ""}`);
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

// wasm-bindgen, then wasm-opt, then esbuild for the JavaScript that loads it. Returns the folder with the results.
async function buildIslands(wasm) {
  const out = join(work, "islands");
  const keyFile = join(work, "islands.key");
  const input = readFileSync(wasm);
  const tools = [run("wasm-bindgen", ["--version"]), readFileSync(join(root, "end2end", "package-lock.json")), readFileSync(fileURLToPath(import.meta.url))];
  const key = sha256(tools.map(sha256).join() + sha256(input));
  if (existsSync(keyFile) && readFileSync(keyFile, "utf8") === key) {
    console.error("  islands: unchanged");
    return out;
  }
  rmSync(keyFile, { force: true });
  rmSync(out, { recursive: true, force: true });
  await step("wasm-bindgen", () => {
    // The page names the file of the WebAssembly, so the JavaScript need not.
    run("wasm-bindgen", ["--target", "web", "--no-typescript", "--omit-default-module-path", "--out-name", "trackflow", "--out-dir", out, wasm]);
  });
  const bound = join(out, "trackflow_bg.wasm");
  const optimized = join(out, "trackflow.wasm");
  await step("wasm-opt", () => {
    run("wasm-opt", ["-Oz", ...WASM_FEATURES, "--strip-debug", "--strip-producers", "--strip-target-features", bound, "-o", optimized]);
    return `${kilobytes(input.length)} → ${kilobytes(statSync(bound).size)} → ${kilobytes(statSync(optimized).size)}`;
  });
  rmSync(bound);
  await step("JavaScript minified", () => {
    for (const path of filesBelow(out).filter((path) => extname(path) === ".js")) {
      const { code } = esbuild.transformSync(readFileSync(path, "utf8"), { minify: true, format: "esm", target: BROWSERS, legalComments: "none" });
      writeFileSync(path, code);
    }
  });
  writeFileSync(keyFile, key);
  return out;
}

// One stylesheet of style/main.css and what it imports. In url(), a path that starts with / is of the site, not of this disk.
async function buildStyle() {
  const sitePaths = {
    name: "site-paths",
    setup: (build) => build.onResolve({ filter: /^\// }, ({ path, kind }) => (kind === "url-token" ? { path, external: true } : null)),
  };
  const result = await esbuild.build({
    entryPoints: [join(root, "style", "main.css")],
    bundle: true, minify: true, write: false, target: BROWSERS, plugins: [sitePaths], legalComments: "none", logLevel: "silent",
  });
  return result.outputFiles[0].contents;
}

function compress(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return { ".br": brotliCompressSync(bytes, { params }), ".gz": gzipSync(bytes, { level: 9 }) };
}

const [wasm] = process.argv.slice(2);
if (!wasm) {
  console.error("usage: node .ci/site.mjs FRONTEND.wasm");
  process.exit(2);
}
mkdirSync(work, { recursive: true });

try {
  const files = new Map();
  const islands = await buildIslands(wasm);
  for (const path of filesBelow(islands)) files.set(join("pkg", relative(islands, path)), readFileSync(path));
  await step("stylesheet", async () => void files.set(join("pkg", "trackflow.css"), Buffer.from(await buildStyle())));
  const assets = join(root, "public");
  for (const path of filesBelow(assets)) files.set(relative(assets, path), readFileSync(path));

  // For each file the hash of what was compressed, so that only changed files are compressed again.
  const knownFile = join(work, "compressed.json");
  const known = existsSync(knownFile) ? JSON.parse(readFileSync(knownFile, "utf8")) : {};
  const expected = new Set();
  let changed = 0;
  await step("compression", () => {
    let compressed = 0;
    for (const [name, bytes] of files) {
      const path = join(site, name);
      expected.add(path);
      changed += writeIfChanged(path, bytes) ? 1 : 0;
      if (!COMPRESSIBLE.has(extname(name))) continue;
      const hash = sha256(bytes);
      if (known[name]?.hash !== hash || !known[name].kinds.every((kind) => existsSync(path + kind))) {
        const smaller = Object.entries(compress(bytes)).filter(([, packed]) => packed.length < bytes.length);
        for (const [kind, packed] of smaller) writeIfChanged(path + kind, packed);
        known[name] = { hash, kinds: smaller.map(([kind]) => kind) };
        compressed += 1;
      }
      for (const kind of known[name].kinds) expected.add(path + kind);
    }
    return `${compressed} of ${files.size} files`;
  });
  for (const name of Object.keys(known)) if (!files.has(name)) delete known[name];
  writeFileSync(knownFile, JSON.stringify(known));
  for (const path of filesBelow(site)) if (!expected.has(path)) rmSync(path);

  const size = (name, kind) => (existsSync(join(site, name + kind)) ? statSync(join(site, name + kind)).size : 0);
  for (const name of ["pkg/trackflow.wasm", "pkg/trackflow.js", "pkg/trackflow.css", "built/script.js", "built/vitals.js", "built/charts.js", "built/dashboard.js", "built/world.svg"]) {
    if (files.has(name)) console.error(`  ${name.padEnd(20)}${kilobytes(size(name, "")).padStart(10)}  gzip ${kilobytes(size(name, ".gz")).padStart(9)}  brotli ${kilobytes(size(name, ".br")).padStart(9)}`);
  }
  console.error(`  ${changed} files changed`);
} catch (error) {
  console.error(`site: ${error.message}`);
  process.exitCode = 1;
}
